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

/// kHybridVsock: a UNIX socket of a virtual machine monitor that stands for the VSOCKs of its guest (V-17).
enum class Family { kTcp, kUnix, kVsock, kHybridVsock };

/// There is a virtual machine between the two ends.
constexpr bool is_vsock(Family family) { return family == Family::kVsock || family == Family::kHybridVsock; }

class SocketAddress final {
 public:
  SocketAddress() = default;
  /// `length` at most sizeof(sockaddr_storage).
  SocketAddress(const sockaddr* address, socklen_t length);

  /// The VSOCK port `port` of the guest whose monitor has the UNIX socket `monitor`.
  static SocketAddress hybrid(const SocketAddress& monitor, std::uint32_t port);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int domain() const { return storage_.ss_family; }
  Family family() const;
  /// TCP and VSOCK port, also hybrid; 0 for UNIX.
  std::uint32_t port() const;
  /// VSOCK: the number of the machine (vsock(7)); nullopt for other families.
  std::optional<std::uint32_t> vsock_cid() const;
  /// Hybrid VSOCK: the guest's port.
  std::optional<std::uint32_t> hybrid_port() const { return hybrid_port_; }
  /// Hybrid VSOCK: where the monitor connects to when its guest connects to that port of the host: the UNIX
  /// socket `<monitor>_<port>`. nullopt: that is longer than a UNIX socket's name can be.
  std::optional<SocketAddress> guest_listener() const;
  /// All interfaces: 0.0.0.0 or [::].
  bool is_wildcard() const;
  /// Within the machine: 127.0.0.0/8 or ::1.
  bool is_loopback() const;
  /// The file of a UNIX socket in the file system, or of the monitor's; empty for everything else.
  std::string socket_file() const;
  /// The gRPC peer form: `ipv4:127.0.0.1:80`, `ipv6:[::1]:80`, `unix:/path`, `vsock:3:1024`; ours is
  /// `hvsock:/path:1024`.
  std::string to_uri() const;
  /// The form that Address::parse() reads back and people type: `127.0.0.1:80`, `[::1]:80`, `unix:/path`,
  /// `vsock://3:1024`, `vsock://3:1024?to-host`, `hvsock:/path:1024`.
  std::string to_string() const;
  /// The key of per-peer limits: the IP address without port, the CID, the monitor's socket, or "unix".
  std::string peer_key() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
  std::optional<std::uint32_t> hybrid_port_;  // then the rest is the monitor's UNIX socket
};

}  // namespace hawser::net
