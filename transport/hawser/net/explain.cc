#include <cerrno>
#include <cstdint>
#include <string>

#include "hawser/base/result.h"
#include "hawser/net/socket.h"

namespace hawser::net {
namespace {

constexpr std::uint32_t kFirstOpenPort = 1024;

/// What to do about it, or "".
std::string tcp_advice(int error_number, const SocketAddress& address) {
  switch (error_number) {
    case EADDRINUSE:
      return "another program listens there; stop it (ss -ltnp shows it) or choose another port";
    case EACCES:
    case EPERM:
      if (address.port() < kFirstOpenPort) return "ports below 1024 need CAP_NET_BIND_SERVICE";
      return "a firewall or security rule forbids it";
    case EADDRNOTAVAIL:
      return "no interface of this machine has this address";
    case EAFNOSUPPORT:
      return "this machine has no such protocol; is IPv6 switched off?";
    case ECONNREFUSED:
      return "nothing listens there";
    case ETIMEDOUT:
      return "nobody answered; is the host up and the port open in its firewall?";
    default:
      return "";
  }
}

std::string unix_advice(int error_number) {
  switch (error_number) {
    case EADDRINUSE:
      return "another program listens there; stop it or choose another path";
    case EACCES:
    case EPERM:
      return "the socket's file or its directory doesn't allow it";
    case ENOENT:
      return "there is no such file or directory";
    case ECONNREFUSED:
      return "nothing listens there";
    case EAGAIN:
      return "the listener's queue is full; try again";
    default:
      return "";
  }
}

/// Of the monitor's socket, before its CONNECT (V-17).
std::string hybrid_advice(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "the monitor has made no such socket; is it running, with a VSOCK device of that path?";
    case ECONNREFUSED:
      return "the monitor that made this socket has ended";
    case EACCES:
    case EPERM:
      return "the monitor's socket or its directory doesn't allow it";
    default:
      return unix_advice(error_number);
  }
}

/// CONFORMANCE V-6, V-7, V-8, V-20, V-21.
std::string vsock_advice(int error_number, const SocketAddress& address) {
  switch (error_number) {
    case EAFNOSUPPORT:
      return "the kernel has no VSOCK; load vhost_vsock on a host, vmw_vsock_virtio_transport in a guest, "
             "or vsock_loopback for CID 1";
    case ENODEV:
      return "no machine has this CID, or its transport is missing: load vhost_vsock on a host, "
             "vmw_vsock_virtio_transport in a guest, or vsock_loopback for CID 1";
    case EADDRNOTAVAIL:
      return "this machine doesn't have this CID; listen on vsock://any:port, or load the transport's module "
             "(vhost_vsock, vmw_vsock_virtio_transport or vsock_loopback)";
    case EPERM:
      return "a container's seccomp profile blocks VSOCK sockets; allow socket(AF_VSOCK)";
    case EACCES:
      if (address.port() < kFirstOpenPort) return "ports below 1024 need CAP_NET_BIND_SERVICE";
      return "a rule of AppArmor or SELinux blocks VSOCK sockets";
    case EADDRINUSE:
      return "another program listens on this port; VSOCK has no SO_REUSEPORT";
    case ETIMEDOUT:
      return "no machine answered for this CID; is it up? CID 1 needs the module vsock_loopback";
    case ECONNRESET:
    case ECONNREFUSED:
      return "nothing listens on port " + std::to_string(address.port()) + " of this CID";
    default:
      return "";
  }
}

std::string advice(int error_number, const SocketAddress& address) {
  switch (address.family()) {
    case Family::kUnix:
      return unix_advice(error_number);
    case Family::kVsock:
      return vsock_advice(error_number, address);
    case Family::kHybridVsock:
      return hybrid_advice(error_number);
    case Family::kTcp:
      break;
  }
  return tcp_advice(error_number, address);
}

}  // namespace

std::string explain(int error_number, const SocketAddress& address) {
  std::string text = errno_text(error_number);
  if (const std::string what_to_do = advice(error_number, address); !what_to_do.empty()) {
    text += " (" + what_to_do + ')';
  }
  return text;
}

}  // namespace hawser::net
