// A socket address ready for the kernel, and its forms as text.
//
// IPv4 addresses mapped into IPv6 (what a listener on [::] sees) are shown and keyed as IPv4. The names of
// UNIX peers are the peer's own bytes.
// Sources: gRPC doc/naming.md; ip(7), ipv6(7), unix(7), vsock(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/socket.h>

namespace hawser::net {

enum class Family { kTcp, kUnix, kVsock };

class SocketAddress final {
 public:
  SocketAddress() = default;
  /// `length` at most sizeof(sockaddr_storage).
  SocketAddress(const sockaddr* address, socklen_t length);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int domain() const { return storage_.ss_family; }
  Family family() const;
  /// TCP and VSOCK port; 0 for UNIX.
  std::uint32_t port() const;
  /// VSOCK: the number of the machine (vsock(7)); nullopt for other families.
  std::optional<std::uint32_t> vsock_cid() const;
  /// All interfaces: 0.0.0.0 or [::].
  bool is_wildcard() const;
  /// Within the machine: 127.0.0.0/8 or ::1.
  bool is_loopback() const;
  /// The file of a UNIX socket in the file system; empty for everything else.
  std::string socket_file() const;
  /// The gRPC peer form: `ipv4:127.0.0.1:80`, `ipv6:[::1]:80`, `unix:/path`, `vsock:3:1024`.
  std::string to_uri() const;
  /// The form that Address::parse() reads back and people type: `127.0.0.1:80`, `[::1]:80`, `unix:/path`,
  /// `vsock://3:1024`.
  std::string to_string() const;
  /// The key of per-peer limits: the IP address without port, the CID, or "unix".
  std::string peer_key() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace hawser::net
