// Connecting for callers that have no loop.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/net/address.h"
#include "hawser/net/socket.h"

namespace hawser::net {

/// Waits until one of the name's addresses, tried in order, is connected, hybrid VSOCK included; the socket
/// is non-blocking. `options.timeout` bounds all of it but the look-up of a host name. Scope usage: it can't
/// be connected to; scope io: the error of the last address.
Result<UniqueFd> connect_blocking(const Address& address, const ConnectOptions& options = {});

}  // namespace hawser::net
