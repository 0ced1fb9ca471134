// Who calls, as policies, audit lines and traces name it: one identity of a connection, the strongest there
// is.
//
//   tls:spiffe://corp/payments   a verified TLS client certificate, over whatever family
//   uid:1000                     a UNIX socket's peer, by the kernel's word
//   cid:3                        a VSOCK peer, by the hypervisor's word; CIDs are given out again
//   anonymous                    none of these: plain TCP
//
// Beside it, the port by which it came: CIDs are given out again, ports of ours are not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/server/peer.h"

namespace hawser::access {

class Principal final {
 public:
  enum class Kind { kAnonymous, kTls, kUid, kCid };

  /// Anonymous.
  Principal() = default;
  /// A view of the peer, which outlives it. Allocates nothing.
  static Principal of(const server::Peer& peer);
  static Principal tls(std::string_view identity) { return {Kind::kTls, identity, 0}; }
  static Principal uid(std::uint32_t number) { return {Kind::kUid, {}, number}; }
  static Principal cid(std::uint32_t number) { return {Kind::kCid, {}, number}; }

  Kind kind() const { return kind_; }
  /// Of kTls: what the certificate says, the certificate's own bytes.
  std::string_view identity() const { return identity_; }
  /// Of kUid and kCid.
  std::uint32_t number() const { return number_; }
  /// The port of ours that it connected to; 0: a UNIX socket, or not known.
  std::uint32_t port() const { return port_; }
  /// The same caller by another port.
  Principal by_port(std::uint32_t port) const {
    Principal copy = *this;
    copy.port_ = port;
    return copy;
  }
  /// As above; never empty.
  std::string text() const;

 private:
  Principal(Kind kind, std::string_view identity, std::uint32_t number)
      : kind_(kind), identity_(identity), number_(number) {}

  Kind kind_ = Kind::kAnonymous;
  std::string_view identity_;
  std::uint32_t number_ = 0;
  std::uint32_t port_ = 0;
};

}  // namespace hawser::access
