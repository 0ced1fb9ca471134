// Sockets of VSOCK connections, in every program: their flags, and what they say.
#pragma once

#include <span>

#include "hawser/base/result.h"
#include "hawser/net/vsock_options.h"
#include "tools/common/flags.h"

namespace hawser::tools {

std::span<const FlagSpec> vsock_socket_flags();

/// Scope usage, with the flag's name.
Result<net::VsockOptions> read_vsock_socket_flags(const Flags& flags);

}  // namespace hawser::tools
