#include "tools/common/command.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "hawser/client/unary_call.h"

namespace hawser::tools {
namespace {

std::string& program_name() {
  static std::string name;
  return name;
}

void print_usage(std::span<const Command* const> commands, std::ostream& out) {
  std::size_t widest = 0;
  for (const Command* command : commands) widest = std::max(widest, command->name.size());
  out << "Usage: " << program_name() << " COMMAND [FLAGS]\n\nCommands:\n";
  for (const Command* command : commands) {
    const std::string gap(widest - command->name.size() + 4, ' ');
    out << "  " << command->name << gap << command->summary << '\n';
  }
  out << '\n' << program_name() << " COMMAND --help shows a command's flags; --version the version.\n";
}

int usage_failure(const std::string& detail) {
  complain(detail, kExitUsage);
  std::cerr << "Try " << program_name() << " --help.\n";
  return kExitUsage;
}

int run_command(const Command& command, std::span<const char* const> args, std::span<const FlagSpec> common) {
  const std::string name = program_name() + ' ' + std::string(command.name);
  std::vector<FlagSpec> specs(command.flags.begin(), command.flags.end());
  specs.insert(specs.end(), common.begin(), common.end());
  const Result<Flags> flags = Flags::parse(name, command.summary, specs, args, command.arguments);
  if (!flags) return usage_failure(flags.error().detail);
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return kExitOk;
  }
  return command.run(*flags);
}

}  // namespace

void set_program_name(std::string_view name) { program_name() = name; }

int complain(std::string_view detail, int code) {
  std::cerr << program_name() << ": " << detail << '\n';
  return code;
}

int complain(const Error& error) {
  if (error.scope == ErrorScope::kUsage) return complain(error.detail, kExitUsage);
  if (error.scope != ErrorScope::kStream) return complain(error.detail, kExitFailed);
  const std::string code(grpc::to_string(static_cast<grpc::StatusCode>(error.code)));
  return complain(code + ": " + error.detail, kExitFailed);
}

int run_commands(std::span<const Command* const> commands, std::span<const char* const> args,
                 std::span<const FlagSpec> common) {
  if (args.empty()) return usage_failure("which command?");
  const std::string_view first = args.front();
  if (first == "--help" || first == "-h" || first == "help") {
    print_usage(commands, std::cout);
    return kExitOk;
  }
  if (first == "--version") {
    std::cout << program_name() << " " HAWSER_VERSION "\n";
    return kExitOk;
  }
  for (const Command* command : commands) {
    if (command->name == first) return run_command(*command, args.subspan(1), common);
  }
  return usage_failure("unknown command \"" + std::string(first) + "\"");
}

}  // namespace hawser::tools
