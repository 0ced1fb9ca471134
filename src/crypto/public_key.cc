#include "src/crypto/public_key.h"

#include <openssl/x509.h>
#include <sodium.h>

#include <optional>

#include "src/crypto/octets.h"
#include "src/crypto/private_key.h"
#include "src/crypto/signer.h"

namespace hawser::crypto {
Result<PublicKey> PublicKey::from_spki(std::string_view der, const Hasher& hasher) {
  const unsigned char* end = bytes(der);
  EvpKey key(d2i_PUBKEY(nullptr, &end, static_cast<long>(der.size())));
  forget_openssl_errors();
  if (key == nullptr || end != bytes(der) + der.size()) {
    return usage_error("this is no public key in SubjectPublicKeyInfo form (DER)");
  }
  const std::optional<KeySpec> spec = spec_of(*key);
  if (!spec) {
    return usage_error(
        "keys of this kind are not offered: RSA of 2048, 3072 or 4096 bits, P-256, P-384, P-521 and Ed25519 "
        "are");
  }
  PublicKey made;
  made.spec_ = *spec;
  made.spki_ = std::string(der);
  made.spki_sha256_ = hasher.digest(Hash::kSha256, der);
  if (made.spki_sha256_.empty()) return openssl_failure("hashing a public key");
  if (*spec == KeySpec::kEd25519) {
    made.ed25519_.resize(crypto_sign_PUBLICKEYBYTES);
    std::size_t size = made.ed25519_.size();
    auto* out = reinterpret_cast<unsigned char*>(made.ed25519_.data());
    if (EVP_PKEY_get_raw_public_key(key.get(), out, &size) != 1 || size != made.ed25519_.size()) {
      return openssl_failure("reading an Ed25519 public key");
    }
  } else {
    made.key_ = std::move(key);
  }
  return made;
}

bool PublicKey::verify_message(Algorithm algorithm, std::string_view message, std::string_view signature,
                               const Hasher& hasher) const {
  if (algorithm == Algorithm::kEd25519) {
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(bytes(signature), bytes(message), message.size(), bytes(ed25519_)) ==
               0;
  }
  const std::string digest = hasher.digest(facts(algorithm).hash, message);
  return !digest.empty() && verify_digest(algorithm, digest, signature, hasher);
}

bool PublicKey::verify_digest(Algorithm algorithm, std::string_view digest, std::string_view signature,
                              const Hasher& hasher) const {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  const bool valid =
      context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
      configure(*context, algorithm, hasher) &&
      EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), bytes(digest), digest.size()) == 1;
  forget_openssl_errors();
  return valid;
}

}  // namespace hawser::crypto
