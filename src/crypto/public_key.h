// A public key, as it is given out and as it verifies.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/hasher.h"
#include "src/crypto/openssl.h"

namespace hawser::crypto {

/// Immutable once made; any thread.
class PublicKey final {
 public:
  /// SubjectPublicKeyInfo in DER, whole. Scope usage: it is something else, or a kind of key that isn't
  /// offered.
  static Result<PublicKey> from_spki(std::string_view der, const Hasher& hasher);

  KeySpec spec() const { return spec_; }
  const std::string& spki() const { return spki_; }
  const std::string& spki_sha256() const { return spki_sha256_; }

  /// Precondition of both: fits(spec(), algorithm). ECDSA signatures are DER. A signature that is malformed
  /// is wrong, not an error.
  bool verify_message(Algorithm algorithm, std::string_view message, std::string_view signature,
                      const Hasher& hasher) const;
  /// Precondition: digest.size() == digest_size(facts(algorithm).hash), and not Ed25519.
  bool verify_digest(Algorithm algorithm, std::string_view digest, std::string_view signature,
                     const Hasher& hasher) const;

 private:
  PublicKey() = default;

  KeySpec spec_ = KeySpec::kEcP256;
  EvpKey key_;
  std::string ed25519_;  // the 32 bytes
  std::string spki_;
  std::string spki_sha256_;
};

}  // namespace hawser::crypto
