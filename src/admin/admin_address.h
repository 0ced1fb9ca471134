// Where administration may be listened to: where the network can't reach it.
//
//   unix:/run/hawser/admin.sock   a file that only this server's user can connect to (mode 0600)
//   127.0.0.1:50052, [::1]:50052  loopback
//   vsock:any:50052               a VSOCK port that is named: whoever connects is told apart by the policy
#pragma once

#include <vector>

#include "hawser/base/result.h"
#include "hawser/net/address.h"
#include "hawser/server/server.h"

namespace hawser::admin {

/// Scope usage: why not, and what to do. May look a name up.
Result<void> check_admin_address(const net::Address& address);

/// The check, then Server::listen(), and the check again of what was bound: the server is of no more use when
/// it fails.
Result<std::vector<net::SocketAddress>> listen_for_administration(server::Server& server,
                                                                  const net::Address& address);

}  // namespace hawser::admin
