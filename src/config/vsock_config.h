// Connections over VSOCK: flags of hawser-server.
#pragma once

#include <vector>

#include "hawser/base/result.h"
#include "hawser/server/server_options.h"
#include "tools/common/flags.h"

namespace hawser {

std::vector<tools::FlagSpec> vsock_flags();
/// Scope usage, with the flag's name.
Result<void> read_vsock_flags(const tools::Flags& flags, server::ServerOptions& options);

}  // namespace hawser
