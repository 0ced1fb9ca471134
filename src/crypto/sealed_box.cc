#include "src/crypto/sealed_box.h"

#include <sodium.h>

#include "src/crypto/octets.h"

namespace hawser::crypto {
Result<SealedBoxKey> SealedBoxKey::generate() {
  SealedBoxKey key;
  auto secret = SecretBytes::allocate(crypto_box_SECRETKEYBYTES);
  if (!secret) return tl::unexpected<Error>(std::move(secret.error()));
  key.public_key_.resize(crypto_box_PUBLICKEYBYTES);
  crypto_box_keypair(bytes(key.public_key_), secret->data());
  key.secret_key_ = std::move(*secret);
  return key;
}

Result<SecretBytes> SealedBoxKey::open(std::string_view sealed) const {
  if (sealed.size() < crypto_box_SEALBYTES) return usage_error("this is too short for a sealed box");
  auto secret = SecretBytes::allocate(sealed.size() - crypto_box_SEALBYTES);
  if (!secret) return secret;
  if (crypto_box_seal_open(secret->data(), bytes(sealed), sealed.size(), bytes(public_key_),
                           secret_key_.data()) != 0) {
    return usage_error("this was sealed to another key (ask for the current one), or is damaged");
  }
  return secret;
}

Result<std::string> seal(std::string_view recipient_public_key, const SecretBytes& secret) {
  if (recipient_public_key.size() != crypto_box_PUBLICKEYBYTES) {
    return usage_error("an X25519 public key has 32 bytes");
  }
  std::string sealed(secret.size() + crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal(bytes(sealed), secret.data(), secret.size(), bytes(recipient_public_key)) != 0) {
    return usage_error("this is no X25519 public key");
  }
  return sealed;
}

}  // namespace hawser::crypto
