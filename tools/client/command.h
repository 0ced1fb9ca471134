// A subcommand of hawser-client: one file each, listed in main.cc.
#pragma once

#include <span>
#include <string_view>

#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  ///< A call failed.
inline constexpr int kExitUsage = 2;   ///< A flag, variable or address can't be right.

struct Command {
  std::string_view name;
  std::string_view summary;  ///< One sentence.
  std::span<const FlagSpec> flags;
  std::span<const ArgumentSpec> arguments;
  int (*run)(const Flags& flags);  ///< Gives the exit code; prints its own errors.
};

extern const Command kCallCommand;
extern const Command kEchoCommand;
extern const Command kListCommand;
// In builds with the signing service (HAWSER_CRYPTO).
extern const Command kPublicKeyCommand;
extern const Command kSignCommand;
extern const Command kVerifyCommand;

/// "hawser-client: detail" on standard error; gives `code` back.
int complain(std::string_view detail, int code);
/// With the code that the error's scope asks for, and the gRPC code's name in front of a failed call's.
int complain(const Error& error);

}  // namespace hawser::tools
