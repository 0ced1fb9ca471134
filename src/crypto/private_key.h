// A private key in memory: made, read from PKCS#8, written to it. Signing is in signer.h.
//
// RSA and EC keys are OpenSSL's; an Ed25519 key is its seed, for libsodium signs with it in half the time.
// Its public half is always derived from the seed: a signer that takes both from outside can be made to give
// away the key.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/openssl.h"
#include "src/crypto/secret.h"

namespace hawser::crypto {

/// Immutable once made; any thread may read it.
class PrivateKey final {
 public:
  /// RSA takes from a tenth of a second to seconds; a stop ends it between two candidates for a prime. Scope
  /// io when the library fails or was stopped.
  static Result<PrivateKey> generate(KeySpec spec, const std::stop_token& stop = {});
  /// Unencrypted PKCS#8 in DER, whole. Scope usage, without a byte of the input in the text: it is something
  /// else, a kind of key that isn't offered (RSA below 2048 bits among them), or its parts don't belong
  /// together. Scope io: OpenSSL's secure heap is full.
  static Result<PrivateKey> from_pkcs8(std::string_view der);
  /// The same of what to_pkcs8() wrote and something authenticated since: without the check that its parts
  /// belong together, which takes 40 ms for RSA.
  static Result<PrivateKey> from_trusted_pkcs8(std::string_view der);

  Result<SecretBytes> to_pkcs8() const;
  /// SubjectPublicKeyInfo, DER.
  Result<std::string> to_spki() const;

  KeySpec spec() const { return spec_; }
  /// False for RSA with another public exponent than 65537: small ones have a history of forgeries where a
  /// verifier is careless about padding.
  bool has_usual_exponent() const;
  /// RSA and EC; null for Ed25519.
  EVP_PKEY* library_key() const { return key_.get(); }
  /// Ed25519: libsodium's 64 bytes, seed and public key. Empty for the others.
  const SecretBytes& ed25519() const { return ed25519_; }

 private:
  PrivateKey() = default;
  static Result<EvpKey> decode(std::string_view der);
  static Result<PrivateKey> adopt(EvpKey key);
  Result<void> take_seed(EVP_PKEY& key);

  KeySpec spec_ = KeySpec::kEcP256;
  EvpKey key_;
  SecretBytes ed25519_;
};

/// The kind of a key of OpenSSL's; nullopt: not offered.
std::optional<KeySpec> spec_of(const EVP_PKEY& key);
/// Scope io.
Result<std::string> spki_of(EVP_PKEY& key);

}  // namespace hawser::crypto
