// The subcommands of hawser-client, listed in main.cc.
#pragma once

#include "tools/common/command.h"

namespace hawser::tools {

extern const Command kCallCommand;
extern const Command kEchoCommand;
extern const Command kListCommand;
// In builds with the signing service (HAWSER_CRYPTO).
extern const Command kPublicKeyCommand;
extern const Command kSignCommand;
extern const Command kVerifyCommand;

}  // namespace hawser::tools
