// How often a signature is verified before it leaves. A fault in the processor or in memory can make a wrong
// signature of an elliptic curve key, and a wrong one can give the key away; OpenSSL checks its RSA itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"

namespace hawser::signing {

struct VerifyAfterSign {
  /// One of so many; 1: each; 0: none.
  std::uint32_t every = 0;

  /// "off", "always" or "sample:N" (N from 1). Scope usage.
  static Result<VerifyAfterSign> parse(std::string_view text);
};

/// Always costs about three more signatures' time for P-256 and Ed25519, one for P-384, a fortieth for RSA.
struct VerifyPolicy {
  VerifyAfterSign rsa{0};
  VerifyAfterSign ecdsa{1000};
  VerifyAfterSign ed25519{1000};

  const VerifyAfterSign& of(crypto::Scheme scheme) const {
    return scheme == crypto::Scheme::kEcdsa ? ecdsa : scheme == crypto::Scheme::kEd25519 ? ed25519 : rsa;
  }
};

}  // namespace hawser::signing
