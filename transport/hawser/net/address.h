// Names of endpoints, as people write them.
//
//   127.0.0.1:50051   [::1]:50051   localhost:50051   :50051      TCP; port 0 lets the kernel choose
//   unix:/run/x.sock  unix:///run/x.sock  unix:relative.sock      UNIX stream sockets, in the file system
//   unix-abstract:name                                            and in the abstract name space
//   vsock://3:50051   vsock:3:50051   vsock:any:50051             VSOCK; -1, 4294967295 and `any` mean
//                                                                 VMADDR_CID_ANY (listening only);
//                                                                 `hypervisor` 0, `local` 1, `host` 2
//   vsock://3:50051?to-host                                       connects by way of the host whatever the
//                                                                 CID (VMADDR_FLAG_TO_HOST, V-19): to
//                                                                 sibling virtual machines
//   hvsock:/run/vm.sock:50051                                     hybrid VSOCK (V-17): the port behind the
//                                                                 last colon, of the guest whose monitor
//                                                                 has that UNIX socket; listening on it is
//                                                                 listening on /run/vm.sock_50051
// Parsing is strict: no other scheme, no trailing text, ports and CIDs in range (CONFORMANCE V-2, P-97).
// Sources: gRPC doc/naming.md; vsock(7), unix(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/net/socket_address.h"

namespace hawser::net {

/// The CID of a machine, as in addresses: a number below 4294967295, `hypervisor`, `local` or `host`.
/// nullopt: it is none.
std::optional<std::uint32_t> parse_machine_cid(std::string_view text);

/// A parsed name that may still need resolving.
class Address final {
 public:
  /// Scope usage on failure: the message names the part that is wrong and shows a right form.
  static Result<Address> parse(std::string_view text);

  Family family() const { return family_; }
  /// The text it was parsed from.
  const std::string& text() const { return text_; }
  /// `:authority` for calls to it: host:port for TCP (`localhost` for a missing host), `localhost` for UNIX,
  /// `cid:port` for VSOCK, `localhost` for hybrid VSOCK (CONFORMANCE P-98, V-4).
  std::string authority() const;
  /// True when connecting to it can't work: VMADDR_CID_ANY, port 0.
  bool is_wildcard_only() const;
  /// True when resolve() asks the system's resolver and may block.
  bool needs_lookup() const;
  /// Socket addresses to try in order; at least one on success. Blocks when needs_lookup(). A missing
  /// host means all interfaces, IPv6 first. Scope io on lookup failure.
  Result<std::vector<SocketAddress>> resolve() const;

 private:
  Family family_ = Family::kTcp;
  std::string text_;
  std::string host_;  // TCP: name or literal without brackets; UNIX, hybrid: path (abstract: leading NUL)
  std::uint32_t port_ = 0;   // TCP, VSOCK, hybrid
  std::uint32_t cid_ = 0;    // VSOCK
  bool is_to_host_ = false;  // VSOCK
};

}  // namespace hawser::net
