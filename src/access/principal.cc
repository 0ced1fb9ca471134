#include "src/access/principal.h"

namespace hawser::access {

Principal Principal::of(const server::Peer& peer) {
  if (!peer.tls_identity.empty()) return tls(peer.tls_identity);
  if (peer.unix_uid) return uid(*peer.unix_uid);
  if (peer.vsock_cid) return cid(*peer.vsock_cid);
  return {};
}

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
