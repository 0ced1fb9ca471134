// Programs of several subcommands: "PROGRAM COMMAND [FLAGS] ARGUMENTS".
#pragma once

#include <span>
#include <string_view>

#include "hawser/base/result.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  ///< A call failed.
inline constexpr int kExitUsage = 2;   ///< A flag, variable, address or file can't be right.

struct Command {
  std::string_view name;
  std::string_view summary;  ///< One sentence.
  std::span<const FlagSpec> flags;
  std::span<const ArgumentSpec> arguments;
  int (*run)(const Flags& flags);  ///< Gives the exit code; prints its own errors.
};

/// Once, before everything else: how complain() begins its lines.
void set_program_name(std::string_view name);

/// "PROGRAM: detail" on standard error; gives `code` back.
int complain(std::string_view detail, int code);
/// With the code that the error's scope asks for, and the gRPC code's name in front of a failed call's.
int complain(const Error& error);

/// Runs the command that the arguments (without the program's name) begin with; --help and --version are
/// added. Every command has the flags of `common` too. Gives the exit code.
int run_commands(std::span<const Command* const> commands, std::span<const char* const> args,
                 std::span<const FlagSpec> common = {});

}  // namespace hawser::tools
