// hawser-keys: administers the keys of a keystore, or of a running server. Each subcommand is a file of its
// own.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tools/keys/commands.h"

namespace hawser::tools {
namespace {

constexpr const Command* kCommands[] = {
    &kInitCommand,    &kCreateCommand,   &kImportCommand,     &kExportCommand, &kListCommand,
    &kShowCommand,    &kRotateCommand,   &kSetPrimaryCommand, &kEnableCommand, &kDisableCommand,
    &kDestroyCommand, &kScheduleCommand, &kPublicKeyCommand,  &kVerifyCommand, &kChangePassphraseCommand,
};

// Private keys will be in memory: no core dump and no debugger of the same user shall see them, and what is
// written is for us alone. Without effect where the system refuses; nothing depends on it.
void protect_process() {
  const struct rlimit none {};
  static_cast<void>(setrlimit(RLIMIT_CORE, &none));
  static_cast<void>(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  umask(S_IRWXG | S_IRWXO);
}

}  // namespace
}  // namespace hawser::tools

int main(int argc, char** argv) {
  hawser::tools::protect_process();
  hawser::tools::set_program_name("hawser-keys");
  return hawser::tools::run_commands(hawser::tools::kCommands,
                                     {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
