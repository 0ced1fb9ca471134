// hawser-client: calls services from the command line. Each subcommand is a file of its own.
#include <algorithm>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include "hawser/client/unary_call.h"
#include "tools/client/command.h"
#include "tools/common/flags.h"

namespace hawser::tools {
namespace {

constexpr const Command* kCommands[] = {
    &kCallCommand, &kEchoCommand,      &kListCommand,
#ifdef HAWSER_CRYPTO
    &kSignCommand, &kPublicKeyCommand, &kVerifyCommand,
#endif
};

constexpr std::size_t kNameWidth = 12;

void print_usage(std::ostream& out) {
  out << "Usage: hawser-client COMMAND [FLAGS]\n\nCommands:\n";
  for (const Command* command : kCommands) {
    const std::size_t missing = kNameWidth - std::min(kNameWidth, command->name.size());
    out << "  " << command->name << std::string(missing, ' ') << command->summary << '\n';
  }
  out << "\nhawser-client COMMAND --help shows a command's flags; --version the version.\n";
}

int usage_failure(const std::string& detail) {
  complain(detail, kExitUsage);
  std::cerr << "Try hawser-client --help.\n";
  return kExitUsage;
}

int run_command(const Command& command, std::span<const char* const> args) {
  const std::string name = "hawser-client " + std::string(command.name);
  const Result<Flags> flags = Flags::parse(name, command.summary, command.flags, args, command.arguments);
  if (!flags) return usage_failure(flags.error().detail);
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return kExitOk;
  }
  return command.run(*flags);
}

int run(std::span<const char* const> args) {
  if (args.empty()) return usage_failure("which command?");
  const std::string_view first = args.front();
  if (first == "--help" || first == "-h" || first == "help") {
    print_usage(std::cout);
    return kExitOk;
  }
  if (first == "--version") {
    std::cout << "hawser-client " HAWSER_VERSION "\n";
    return kExitOk;
  }
  for (const Command* command : kCommands) {
    if (command->name == first) return run_command(*command, args.subspan(1));
  }
  return usage_failure("unknown command \"" + std::string(first) + "\"");
}

}  // namespace

int complain(std::string_view detail, int code) {
  std::cerr << "hawser-client: " << detail << '\n';
  return code;
}

int complain(const Error& error) {
  if (error.scope == ErrorScope::kUsage) return complain(error.detail, kExitUsage);
  if (error.scope != ErrorScope::kStream) return complain(error.detail, kExitFailed);
  const std::string code(grpc::to_string(static_cast<grpc::StatusCode>(error.code)));
  return complain(code + ": " + error.detail, kExitFailed);
}

}  // namespace hawser::tools

int main(int argc, char** argv) {
  return hawser::tools::run({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
