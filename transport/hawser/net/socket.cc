#include "hawser/net/socket.h"

#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include "hawser/net/vsock_socket.h"

namespace hawser::net {
namespace {

tl::unexpected<Error> failure(const char* verb, int error_number, const SocketAddress& address) {
  return tl::unexpected<Error>(
      Error{ErrorScope::kIo, error_number,
            verb + (' ' + address.to_string()) + ": " + explain(error_number, address)});
}

UniqueFd open_socket(int domain) {
  return UniqueFd(::socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// Small writes are gathered by us, once a turn. Best effort: it costs latency, not correctness.
void send_without_delay(int fd, const SocketAddress& address) {
  if (address.family() == Family::kTcp) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

bool set_listen_options(int fd, const SocketAddress& address, const ListenOptions& options) {
  if (address.family() != Family::kTcp) return true;
  if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
  if (options.reuse_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return false;
  // [::] takes IPv4 too, whatever net.ipv6.bindv6only says (ipv6(7)).
  return address.domain() != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

/// VSOCK takes port 0 for a real port; "any" is another number (CONFORMANCE V-5).
SocketAddress with_any_port(const SocketAddress& address) {
  if (address.family() != Family::kVsock || address.port() != 0) return address;
  sockaddr_vm vsock;
  std::memcpy(&vsock, address.data(), sizeof vsock);
  vsock.svm_port = VMADDR_PORT_ANY;
  return {reinterpret_cast<const sockaddr*>(&vsock), sizeof vsock};
}

/// Before bind(2), which makes the file with the mode that the descriptor has (unix_bind in Linux);
/// afterwards it would be a change to whatever is at the path by then.
bool set_file_mode(int fd, const SocketAddress& address, const ListenOptions& options) {
  return !options.socket_file_mode || address.family() != Family::kUnix ||
         ::fchmod(fd, *options.socket_file_mode) == 0;
}

int bind_to(int fd, const SocketAddress& address) {
  return ::bind(fd, address.data(), address.size()) == 0 ? 0 : errno;
}

/// The path of a UNIX socket that has one in the file system, or "".
std::string file_of(const SocketAddress& address) {
  if (address.domain() != AF_UNIX) return "";
  sockaddr_un name{};
  std::memcpy(&name, address.data(), std::min<std::size_t>(address.size(), sizeof name));
  return std::string(name.sun_path, ::strnlen(name.sun_path, sizeof name.sun_path));
}

/// True when `path` is a socket on which nobody listens: what a killed server leaves behind. Two servers
/// that start at the same moment on one stale path may both find it so; the later one then has the path.
bool is_stale_socket(const std::string& path, const SocketAddress& address) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe = open_socket(AF_UNIX);
  return probe.is_open() && ::connect(probe.get(), address.data(), address.size()) != 0 &&
         errno == ECONNREFUSED;
}

tl::unexpected<Error> occupied(const std::string& path, const SocketAddress& address) {
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return io_error(EADDRINUSE,
                    "listen on " + address.to_string() +
                        ": a file that is not a socket is there; remove it or choose another path");
  }
  return failure("listen on", EADDRINUSE, address);
}

bool is_fault_of_one_connection(int error_number) {
  switch (error_number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:  // a firewall rule
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;  // pending errors of the new connection, to be treated like EAGAIN (accept(2))
    default:
      return false;
  }
}

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

Result<SocketAddress> name_of(int fd, NameFunction function, std::string_view what) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (function(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return io_error(errno, what);
  return SocketAddress(reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

Transfer receive(int fd, MutableBytes into) {
  for (;;) {
    const ssize_t size = ::recv(fd, into.data(), into.size(), 0);
    if (size > 0) return {Transfer::Outcome::kDone, static_cast<std::size_t>(size), 0};
    if (size == 0) return {Transfer::Outcome::kEndOfInput, 0, 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Transfer::Outcome::kWouldBlock, 0, 0};
    if (errno != EINTR) return {Transfer::Outcome::kFailed, 0, errno};
  }
}

Transfer send(int fd, Family family, Bytes bytes, std::size_t vsock_send_bytes) {
  const bool is_vsock = family == Family::kVsock;
  const std::size_t wanted = is_vsock ? std::min(bytes.size(), vsock_send_bytes) : bytes.size();
  for (;;) {
    const ssize_t size = ::send(fd, bytes.data(), wanted, MSG_NOSIGNAL);
    if (size >= 0) return {Transfer::Outcome::kDone, static_cast<std::size_t>(size), 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Transfer::Outcome::kWouldBlock, 0, 0};
    if (is_vsock && (errno == ENOBUFS || errno == ENOMEM)) return {Transfer::Outcome::kWouldBlock, 0, errno};
    if (errno != EINTR) return {Transfer::Outcome::kFailed, 0, errno};
  }
}

void shut_down_writing(int fd) { static_cast<void>(::shutdown(fd, SHUT_WR)); }

void set_user_timeout(int fd, Duration timeout) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(std::min<decltype(ms)>(ms, INT_MAX)));
}

Result<UniqueFd> listen(const SocketAddress& address, const ListenOptions& options) {
  if (address.family() == Family::kHybridVsock) {
    const std::optional<SocketAddress> listener = address.guest_listener();
    if (listener) return listen(*listener, options);
    return io_error(ENAMETOOLONG,
                    "listen on " + address.to_string() + ": with _ and the port behind the path");
  }
  if (options.reuse_port && address.family() != Family::kTcp) {
    return io_error(EOPNOTSUPP, "listen on " + address.to_string() + " with reuse_port, which only TCP has");
  }
  UniqueFd fd = open_socket(address.domain());
  if (!fd.is_open()) return failure("listen on", errno, address);
  if (!set_listen_options(fd.get(), address, options) || !set_file_mode(fd.get(), address, options)) {
    return failure("set options to listen on", errno, address);
  }

  if (address.family() == Family::kVsock) set_vsock_buffer(fd.get(), options.vsock.buffer_bytes);

  const SocketAddress bound = with_any_port(address);
  int error = bind_to(fd.get(), bound);
  if (const std::string path = file_of(address); error == EADDRINUSE && !path.empty()) {
    if (!is_stale_socket(path, address)) return occupied(path, address);
    if (::unlink(path.c_str()) != 0) return failure("replace the stale socket", errno, address);
    error = bind_to(fd.get(), bound);
  }
  if (error != 0) return failure("listen on", error, address);
  if (::listen(fd.get(), options.backlog) != 0) return failure("listen on", errno, address);
  return fd;
}

Result<UniqueFd> start_connect(const SocketAddress& address, const ConnectOptions& options) {
  if (address.domain() == AF_VSOCK) {
    sockaddr_vm vsock;
    std::memcpy(&vsock, address.data(), sizeof vsock);
    if (vsock.svm_cid == VMADDR_CID_ANY) {
      return io_error(EINVAL, "connect to " + address.to_string() + ": `any` is for listening; name a CID");
    }
  }
  UniqueFd fd = open_socket(address.domain());
  if (!fd.is_open()) return failure("connect to", errno, address);
  send_without_delay(fd.get(), address);
  if (address.family() == Family::kVsock) {
    set_vsock_buffer(fd.get(), options.vsock.buffer_bytes);
    set_vsock_connect_timeout(fd.get(), options.timeout);
  }
  // After EINTR a non-blocking connect goes on by itself, like after EINPROGRESS (connect(2), POSIX).
  if (::connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS && errno != EINTR) {
    return failure("connect to", errno, address);
  }
  return fd;
}

int finish_connect(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  if (error != 0) return error;
  const Result<SocketAddress> peer = peer_address(fd);
  if (!peer) return peer.error().code == ENOTCONN ? EINPROGRESS : peer.error().code;
  if (peer->family() != Family::kTcp) return 0;
  const Result<SocketAddress> local = local_address(fd);
  return local && local->to_string() == peer->to_string() ? ECONNREFUSED : 0;
}

Result<std::optional<Accepted>> accept(int listen_fd) {
  for (;;) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(
        ::accept4(listen_fd, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.is_open()) {
      const SocketAddress peer(reinterpret_cast<const sockaddr*>(&storage), size);
      send_without_delay(fd.get(), peer);
      return Accepted{std::move(fd), peer};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    if (!is_fault_of_one_connection(errno)) return io_error(errno, "accept a connection");
  }
}

Result<SocketAddress> local_address(int fd) {
  const auto function = [](int of, sockaddr* name, socklen_t* size) { return ::getsockname(of, name, size); };
  return name_of(fd, function, "ask for the local address");
}

Result<SocketAddress> peer_address(int fd) {
  const auto function = [](int of, sockaddr* name, socklen_t* size) { return ::getpeername(of, name, size); };
  return name_of(fd, function, "ask for the peer's address");
}

std::optional<std::uint32_t> peer_uid(int fd, Family family) {
  if (family != Family::kUnix) return std::nullopt;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return credentials.uid;
}

}  // namespace hawser::net
