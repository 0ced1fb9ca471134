// One private key and one algorithm, ready to sign again and again: OpenSSL's context is set up once, which
// is a quarter of what a P-256 signature costs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/hasher.h"
#include "src/crypto/private_key.h"

namespace hawser::crypto {

/// Used by one thread at a time. The hasher and the key outlive it.
class Signer final {
 public:
  /// Precondition: fits(key.spec(), algorithm). Scope io when the library fails.
  static Result<Signer> create(const PrivateKey& key, Algorithm algorithm, const Hasher& hasher);

  /// Hashes the message, but for Ed25519, which signs it whole. ECDSA signatures are DER.
  Result<std::string> sign_message(std::string_view message);
  /// Precondition: digest.size() == digest_size(facts(algorithm).hash), and not Ed25519.
  Result<std::string> sign_digest(std::string_view digest);
  /// The same into a string that keeps its memory from signature to signature.
  Result<void> sign_message(std::string_view message, std::string& signature);
  Result<void> sign_digest(std::string_view digest, std::string& signature);

 private:
  Signer(const PrivateKey& key, Algorithm algorithm, const Hasher& hasher)
      : key_(&key), hasher_(&hasher), algorithm_(algorithm) {}

  const PrivateKey* key_;
  const Hasher* hasher_;
  Algorithm algorithm_;
  EvpKeyContext context_;
  std::size_t most_bytes_ = 0;
};

/// Sets padding, salt and hash for the algorithm on a context that sign_init or verify_init has seen. The
/// salt of PSS is as long as the digest, its mask's hash the digest's own: what OpenSSL defaults to is
/// neither.
bool configure(EVP_PKEY_CTX& context, Algorithm algorithm, const Hasher& hasher);

}  // namespace hawser::crypto
