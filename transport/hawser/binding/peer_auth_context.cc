#include "hawser/binding/peer_auth_context.h"

#include <grpc/grpc_security_constants.h>

namespace hawser::binding {
namespace {

class NoProperty final : public ::grpc::AuthPropertyIterator {};  // opens the protected default constructor

}  // namespace

PeerAuthContext::PeerAuthContext(tls::PeerCertificate certificate) : certificate_(std::move(certificate)) {
  add(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME, "ssl");
  add(GRPC_TRANSPORT_SECURITY_LEVEL_PROPERTY_NAME, "TSI_PRIVACY_AND_INTEGRITY");
  for (const auto* names : {&certificate_.uris, &certificate_.dns_names, &certificate_.emails}) {
    add_all(GRPC_X509_SAN_PROPERTY_NAME, *names);
    if (!names->empty()) identity_property_ = GRPC_X509_SAN_PROPERTY_NAME;
  }
  add_all(GRPC_PEER_URI_PROPERTY_NAME, certificate_.uris);
  add_all(GRPC_PEER_DNS_PROPERTY_NAME, certificate_.dns_names);
  add_all(GRPC_PEER_EMAIL_PROPERTY_NAME, certificate_.emails);
  if (certificate_.uris.size() == 1 && certificate_.uris.front().starts_with("spiffe://")) {
    add(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME, certificate_.uris.front());
  }
  if (certificate_.common_name.empty()) return;
  add(GRPC_X509_CN_PROPERTY_NAME, certificate_.common_name);
  if (identity_property_.empty()) identity_property_ = GRPC_X509_CN_PROPERTY_NAME;
}

void PeerAuthContext::add(const char* name, std::string value) {
  properties_.emplace_back(name, std::move(value));
}

void PeerAuthContext::add_all(const char* name, const std::vector<std::string>& values) {
  for (const std::string& value : values) add(name, value);
}

std::vector<::grpc::string_ref> PeerAuthContext::GetPeerIdentity() const {
  return FindPropertyValues(identity_property_);
}

std::vector<::grpc::string_ref> PeerAuthContext::FindPropertyValues(const std::string& name) const {
  std::vector<::grpc::string_ref> values;
  for (const auto& [property, value] : properties_) {
    if (property == name) values.emplace_back(value);
  }
  return values;
}

::grpc::AuthPropertyIterator PeerAuthContext::begin() const { return NoProperty(); }
::grpc::AuthPropertyIterator PeerAuthContext::end() const { return NoProperty(); }

}  // namespace hawser::binding
