#include "src/crypto/argon2.h"

#include <sodium.h>

#include <cerrno>
#include <string>

namespace hawser::crypto {

static_assert(crypto_pwhash_argon2id_SALTBYTES == kArgon2SaltBytes);

Result<SecretBytes> argon2id(const SecretBytes& passphrase, std::string_view salt, const Argon2Cost& cost) {
  constexpr std::size_t kKeyBytes = 32;
  auto key = SecretBytes::allocate(kKeyBytes);
  if (!key) return key;
  if (crypto_pwhash_argon2id(key->data(), key->size(), reinterpret_cast<const char*>(passphrase.data()),
                             passphrase.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                             cost.passes, cost.memory_bytes, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return io_error(ENOMEM, "Argon2id with " + std::to_string(cost.memory_bytes >> 20) + " MiB of memory");
  }
  return key;
}

}  // namespace hawser::crypto
