// What the certificate at the other end says of its owner.
#pragma once

#include <string>
#include <vector>

namespace hawser::tls {

/// All of it was vouched for by the CA. Names with control characters are left out: whoever compares or logs
/// them must not be fooled.
struct PeerCertificate {
  std::string common_name;
  // Subject alternative names (RFC 5280 4.2.1.6), in the certificate's order.
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> emails;

  bool operator==(const PeerCertificate&) const = default;

  /// One name for policies: the first URI (SPIFFE has it there), DNS name or e-mail address, or else the
  /// common name. Empty: it has none of them.
  std::string identity() const {
    for (const auto* names : {&uris, &dns_names, &emails}) {
      if (!names->empty()) return names->front();
    }
    return common_name;
  }
};

}  // namespace hawser::tls
