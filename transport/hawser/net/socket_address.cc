#include "hawser/net/socket_address.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace hawser::net {
namespace {

/// The storage read as one of the kernel's structures, without aliasing it.
template <class T>
T read_as(const sockaddr_storage& storage) {
  T address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

struct IpText {
  bool is_v6;
  std::string host;  // without brackets
};

IpText ip_text(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto address = read_as<sockaddr_in>(storage);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return {false, text};
  }
  const auto address = read_as<sockaddr_in6>(storage);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    ::inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text, sizeof text);
    return {false, text};
  }
  ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  std::string host = text;
  if (address.sin6_scope_id != 0) host += '%' + std::to_string(address.sin6_scope_id);
  return {true, std::move(host)};
}

std::string host_port(const IpText& ip, std::uint32_t port) {
  return (ip.is_v6 ? '[' + ip.host + ']' : ip.host) + ':' + std::to_string(port);
}

std::string unix_text(const sockaddr_storage& storage, socklen_t size) {
  const auto address = read_as<sockaddr_un>(storage);
  constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);
  const std::size_t length = size > kPathOffset ? size - kPathOffset : 0;
  std::string_view name(address.sun_path, std::min(length, sizeof address.sun_path));
  if (!name.empty() && name.front() == '\0') return "unix-abstract:" + std::string(name.substr(1));
  // A path may come with or without a NUL at its end; a client's socket usually has no name at all (unix(7)).
  const std::string path(name.substr(0, name.find('\0')));
  // After unix: two slashes would announce a host; in front of them goes an empty one.
  return (path.starts_with("//") ? "unix://" : "unix:") + path;
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t length)
    : size_(std::min(length, socklen_t{sizeof storage_})) {
  std::memcpy(&storage_, address, size_);
}

SocketAddress SocketAddress::hybrid(const SocketAddress& monitor, std::uint32_t port) {
  SocketAddress address = monitor;
  address.hybrid_port_ = port;
  return address;
}

std::optional<SocketAddress> SocketAddress::guest_listener() const {
  sockaddr_un address{};
  const std::string path = socket_file() + '_' + std::to_string(port());
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return SocketAddress(reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1));
}

Family SocketAddress::family() const {
  if (hybrid_port_) return Family::kHybridVsock;
  if (domain() == AF_UNIX) return Family::kUnix;
  return domain() == AF_VSOCK ? Family::kVsock : Family::kTcp;
}

std::uint32_t SocketAddress::port() const {
  switch (domain()) {
    case AF_INET:
      return ntohs(read_as<sockaddr_in>(storage_).sin_port);
    case AF_INET6:
      return ntohs(read_as<sockaddr_in6>(storage_).sin6_port);
    case AF_VSOCK:
      return read_as<sockaddr_vm>(storage_).svm_port;
    default:
      return hybrid_port_.value_or(0);
  }
}

std::optional<std::uint32_t> SocketAddress::vsock_cid() const {
  if (domain() != AF_VSOCK) return std::nullopt;
  return read_as<sockaddr_vm>(storage_).svm_cid;
}

bool SocketAddress::is_wildcard() const {
  if (domain() == AF_INET) return read_as<sockaddr_in>(storage_).sin_addr.s_addr == htonl(INADDR_ANY);
  if (domain() != AF_INET6) return false;
  const auto address = read_as<sockaddr_in6>(storage_);
  return IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
}

bool SocketAddress::is_loopback() const {
  if (domain() == AF_INET)
    return ntohl(read_as<sockaddr_in>(storage_).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  if (domain() != AF_INET6) return false;
  const auto address = read_as<sockaddr_in6>(storage_);
  return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
}

std::string SocketAddress::socket_file() const {
  constexpr std::string_view kScheme = "unix:";
  if (domain() != AF_UNIX) return {};
  const std::string text = unix_text(storage_, size_);
  return text.starts_with(kScheme) ? text.substr(kScheme.size()) : std::string();
}

std::string SocketAddress::to_uri() const {
  switch (domain()) {
    case AF_INET:
    case AF_INET6: {
      const IpText ip = ip_text(storage_);
      return (ip.is_v6 ? "ipv6:" : "ipv4:") + host_port(ip, port());
    }
    case AF_VSOCK:
      return "vsock:" + std::to_string(read_as<sockaddr_vm>(storage_).svm_cid) + ':' + std::to_string(port());
    case AF_UNIX:
      if (hybrid_port_) return "hvsock:" + socket_file() + ':' + std::to_string(*hybrid_port_);
      return unix_text(storage_, size_);
    default:
      return "unknown:";
  }
}

std::string SocketAddress::to_string() const {
  switch (domain()) {
    case AF_INET:
    case AF_INET6:
      return host_port(ip_text(storage_), port());
    case AF_VSOCK: {
      const auto vsock = read_as<sockaddr_vm>(storage_);
      const bool is_any = vsock.svm_cid == VMADDR_CID_ANY;
      return "vsock://" + (is_any ? "any" : std::to_string(vsock.svm_cid)) + ':' + std::to_string(port()) +
             ((vsock.svm_flags & VMADDR_FLAG_TO_HOST) != 0 ? "?to-host" : "");
    }
    default:
      return to_uri();
  }
}

std::string SocketAddress::peer_key() const {
  switch (domain()) {
    case AF_INET:
    case AF_INET6:
      return ip_text(storage_).host;
    case AF_VSOCK:
      return "vsock:" + std::to_string(read_as<sockaddr_vm>(storage_).svm_cid);
    default:
      return hybrid_port_ ? "hvsock:" + socket_file() : "unix";
  }
}

}  // namespace hawser::net
