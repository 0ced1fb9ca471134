// Who is at the other end of a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "hawser/net/socket_address.h"
#include "hawser/tls/peer_certificate.h"

namespace hawser::server {

struct Peer {
  /// gRPC's form: "ipv4:127.0.0.1:4711", "ipv6:[::1]:4711", "unix:", "vsock:3:1024". Of hybrid VSOCK, of
  /// whose guest nothing is known but its monitor's socket: "hvsock:/run/vm.sock:50051".
  std::string uri;
  /// Key of per-peer limits: the address without its port. Empty: not limited.
  std::string limit_key;
  /// UNIX sockets: the user that connected, by the kernel's word (SO_PEERCRED).
  std::optional<std::uint32_t> unix_uid;
  /// VSOCK: the machine that connected, by the hypervisor's word. CIDs are used again: no identity for ever.
  std::optional<std::uint32_t> vsock_cid;
  /// VSOCK: the port that it connected from; below 1024 only privileged processes can (V-5).
  std::optional<std::uint32_t> vsock_port;
  /// TCP and VSOCK: the port of ours that it connected to; 0 for UNIX sockets.
  std::uint32_t listener_port = 0;
  /// TLS with a verified client certificate: its first URI, DNS or e-mail subject alternative name, or else
  /// its common name. Empty: none.
  std::string tls_identity;
  /// The rest of what that certificate says; empty without one.
  tls::PeerCertificate certificate;
  /// The connection is TLS, with or without a client certificate.
  bool is_tls = false;
  net::Family family = net::Family::kTcp;
};

/// A Peer that its connection and the calls of that connection hold together: a handler may outlive the
/// connection. Counted on the worker's thread alone; destroyed by the last release().
class SharedPeer final {
 public:
  /// Starts with one holder.
  explicit SharedPeer(Peer peer) : peer_(std::move(peer)) {}
  const Peer& get() const { return peer_; }
  void retain() { ++holders_; }
  void release() {
    if (--holders_ == 0) delete this;
  }

 private:
  ~SharedPeer() = default;
  const Peer peer_;
  std::size_t holders_ = 1;
};

}  // namespace hawser::server
