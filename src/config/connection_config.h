// How long connections live and how they are kept alive: flags of hawser-server.
#pragma once

#include <span>

#include "hawser/base/result.h"
#include "hawser/server/server_options.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> connection_flags();
/// Scope usage, with the flag's name.
Result<void> read_connection_flags(const tools::Flags& flags, server::ServerOptions& options);

}  // namespace hawser
