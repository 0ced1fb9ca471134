// hawser-keys: administers the keys of a keystore, or of a running server. Each subcommand is a file of its
// own.
#include <cstddef>

#include "src/hardening/process.h"
#include "src/hardening/wiping_memory.h"
#include "tools/keys/commands.h"

namespace hawser::tools {
namespace {

constexpr const Command* kCommands[] = {
    &kInitCommand,    &kCreateCommand,   &kImportCommand,     &kExportCommand, &kListCommand,
    &kShowCommand,    &kRotateCommand,   &kSetPrimaryCommand, &kEnableCommand, &kDisableCommand,
    &kDestroyCommand, &kScheduleCommand, &kPublicKeyCommand,  &kVerifyCommand, &kChangePassphraseCommand,
};

}  // namespace
}  // namespace hawser::tools

int main(int argc, char** argv) {
  hawser::tools::set_program_name("hawser-keys");
  const auto hardened =
      hawser::hardening::harden_process({}).and_then(&hawser::hardening::wipe_openssl_memory);
  if (!hardened) return hawser::tools::complain(hardened.error());
  return hawser::tools::run_commands(hawser::tools::kCommands,
                                     {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
