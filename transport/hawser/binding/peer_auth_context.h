// What a handler's auth_context() says of a TLS connection, in the words of grpc++'s own
// (grpc_security_constants.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <grpcpp/security/auth_context.h>

#include "hawser/server/peer.h"

namespace hawser::binding {

/// Holds copies: a handler may keep it. Iteration shows nothing, for grpc++'s iterators walk grpc-core's own
/// properties; FindPropertyValues() has all of them.
class PeerAuthContext final : public ::grpc::AuthContext {
 public:
  explicit PeerAuthContext(tls::PeerCertificate certificate);

  bool is_of(const tls::PeerCertificate& certificate) const { return certificate_ == certificate; }

  bool IsPeerAuthenticated() const override { return !identity_property_.empty(); }
  std::vector<::grpc::string_ref> GetPeerIdentity() const override;
  std::string GetPeerIdentityPropertyName() const override { return identity_property_; }
  std::vector<::grpc::string_ref> FindPropertyValues(const std::string& name) const override;
  ::grpc::AuthPropertyIterator begin() const override;
  ::grpc::AuthPropertyIterator end() const override;
  void AddProperty(const std::string&, const ::grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }

 private:
  void add(const char* name, std::string value);
  void add_all(const char* name, const std::vector<std::string>& values);

  const tls::PeerCertificate certificate_;
  std::vector<std::pair<std::string, std::string>> properties_;
  std::string identity_property_;
};

}  // namespace hawser::binding
