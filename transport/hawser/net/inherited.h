// Sockets that a service manager listens on for this program and hands over when it starts it (systemd's
// socket activation, sd_listen_fds(3); CONFORMANCE V-22): LISTEN_FDS of them, from descriptor 3 on, for the
// process LISTEN_PID.
#pragma once

#include <vector>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/net/socket_address.h"

namespace hawser::net {

struct InheritedSocket {
  UniqueFd fd;  ///< Non-blocking and close-on-exec by now.
  SocketAddress address;
};

/// Checks that `fd` is a stream socket of TCP, UNIX or VSOCK that listens, and makes it non-blocking and
/// close-on-exec. Scope usage when it is something else; it is closed then.
Result<InheritedSocket> check_listening(UniqueFd fd);

/// The same for one that is connected; `address` is the peer's.
Result<InheritedSocket> check_connected(UniqueFd fd);

/// All of them; none when nothing was handed to this process. The variables are gone afterwards, so that no
/// child takes them for its own. `first` is another number in tests only. Scope usage: a variable or a
/// descriptor that can't be right. Before there are threads: it changes the environment.
Result<std::vector<InheritedSocket>> take_inherited_sockets(int first = 3);

}  // namespace hawser::net
