// hawser-client: calls services from the command line. Each subcommand is a file of its own.
#include <cstddef>

#include "tools/client/command.h"
#include "tools/client/target.h"

namespace hawser::tools {
namespace {

constexpr const Command* kCommands[] = {
    &kCallCommand, &kEchoCommand,      &kListCommand,
#ifdef HAWSER_CRYPTO
    &kSignCommand, &kPublicKeyCommand, &kVerifyCommand,
#endif
};

}  // namespace
}  // namespace hawser::tools

int main(int argc, char** argv) {
  hawser::tools::set_program_name("hawser-client");
  return hawser::tools::run_commands(hawser::tools::kCommands,
                                     {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)},
                                     hawser::tools::channel_flags());
}
