#include "src/access/principal.h"

namespace hawser::access {

namespace {

Principal identity_of(const server::Peer& peer) {
  if (!peer.tls_identity.empty()) return Principal::tls(peer.tls_identity);
  if (peer.unix_uid) return Principal::uid(*peer.unix_uid);
  if (peer.vsock_cid) return Principal::cid(*peer.vsock_cid);
  return {};
}

}  // namespace

Principal Principal::of(const server::Peer& peer) { return identity_of(peer).by_port(peer.listener_port); }

std::string Principal::text() const {
  switch (kind_) {
    case Kind::kTls:
      return "tls:" + std::string(identity_);
    case Kind::kUid:
      return "uid:" + std::to_string(number_);
    case Kind::kCid:
      return "cid:" + std::to_string(number_);
    case Kind::kAnonymous:
      break;
  }
  return "anonymous";
}

}  // namespace hawser::access
