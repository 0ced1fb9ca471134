// Stream sockets of every family, non-blocking and close-on-exec. System calls on sockets are made here and
// nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/net/socket_address.h"
#include "hawser/net/vsock_options.h"

namespace hawser::net {

/// What one read or write did. Would-block and end of input are data, not errors.
struct Transfer {
  enum class Outcome { kDone, kWouldBlock, kEndOfInput, kFailed };
  Outcome outcome = Outcome::kDone;
  std::size_t size = 0;  ///< kDone: bytes moved, at least 1.
  int error_number = 0;  ///< kFailed; also kWouldBlock for want of memory: no edge follows, try again later.
};

/// `fd` is a connected stream socket. EINTR is retried.
Transfer receive(int fd, MutableBytes into);
/// Never raises SIGPIPE. VSOCK: at most `vsock_send_bytes` a call (CONFORMANCE V-10), and ENOBUFS/ENOMEM
/// count as would-block with that error_number (V-12); pass the family of the socket.
Transfer send(int fd, Family family, Bytes bytes, std::size_t vsock_send_bytes = VsockOptions{}.send_bytes);

struct ListenOptions {
  int backlog = 1024;
  /// Several sockets on one TCP port, one a loop. Not for UNIX and VSOCK (VSOCK refuses it, V-6).
  bool reuse_port = false;
  /// UNIX sockets in the file system: who may connect, as bits of chmod(2), less what the umask takes away.
  /// The file has them from its first moment. Default: what the umask leaves.
  std::optional<std::uint32_t> socket_file_mode;
  VsockOptions vsock;
};

struct ConnectOptions {
  /// How long the caller waits. VSOCK alone needs to know: its kernel gives up after 2 s otherwise (V-7).
  Duration timeout = std::chrono::seconds(20);
  VsockOptions vsock;
};

/// Ends the output of a connected socket; input goes on. Errors mean the connection is gone anyway.
void shut_down_writing(int fd);

/// Output that the peer doesn't acknowledge for so long breaks the connection (TCP_USER_TIMEOUT, tcp(7)). TCP
/// only; best effort.
void set_user_timeout(int fd, Duration timeout);

/// Binds and listens. UNIX: a stale socket file (nobody listens) is replaced, a live one is EADDRINUSE.
/// A file that is no socket is never removed. VSOCK port 0 means VMADDR_PORT_ANY (V-5). Error details say
/// what to do (port taken, permission, which kernel module is missing). Hybrid VSOCK: what its
/// guest_listener() is.
Result<UniqueFd> listen(const SocketAddress& address, const ListenOptions& options);

/// Starts connecting; the descriptor is writable when it is decided, then call finish_connect. Refuses
/// VMADDR_CID_ANY (V-3). Hybrid VSOCK: to the monitor; a HybridHandshake follows.
Result<UniqueFd> start_connect(const SocketAddress& address, const ConnectOptions& options = {});
/// Fetches SO_ERROR of a socket that became writable: 0 is connected, EINPROGRESS not decided yet.
/// A TCP socket that met itself (RFC 9293 3.5 simultaneous open on a free local port) is ECONNREFUSED.
int finish_connect(int fd);

/// One accepted connection, with TCP_NODELAY where it exists.
struct Accepted {
  UniqueFd fd;
  SocketAddress peer;
};
/// nullopt: nothing is waiting. Errors of the connection itself (ECONNABORTED, EPROTO, …) are skipped;
/// scope io with EMFILE, ENFILE, ENOBUFS or ENOMEM means: pause accepting.
Result<std::optional<Accepted>> accept(int listen_fd);

/// The bound address with the real port.
Result<SocketAddress> local_address(int fd);
Result<SocketAddress> peer_address(int fd);
/// The user that connected a UNIX socket, as it was at that moment (SO_PEERCRED, unix(7)); nullopt for other
/// families. The kernel's word: the peer can't choose it.
std::optional<std::uint32_t> peer_uid(int fd, Family family);

/// A sentence for people: errno, and for VSOCK the module or rule that is missing (V-8).
std::string explain(int error_number, const SocketAddress& address);

}  // namespace hawser::net
