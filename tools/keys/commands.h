// The subcommands of hawser-keys, listed in main.cc.
#pragma once

#include "tools/common/command.h"

namespace hawser::tools {

extern const Command kChangePassphraseCommand;
extern const Command kCreateCommand;
extern const Command kDestroyCommand;
extern const Command kDisableCommand;
extern const Command kEnableCommand;
extern const Command kExportCommand;
extern const Command kImportCommand;
extern const Command kInitCommand;
extern const Command kListCommand;
extern const Command kPublicKeyCommand;
extern const Command kRotateCommand;
extern const Command kScheduleCommand;
extern const Command kSetPrimaryCommand;
extern const Command kShowCommand;
extern const Command kVerifyCommand;

}  // namespace hawser::tools
