#include "src/crypto/secret.h"

#include <cerrno>
#include <cstring>

namespace hawser::crypto {

Result<SecretBytes> SecretBytes::allocate(std::size_t size) {
  // Idempotent, and cheap after the first time; sodium_malloc needs it.
  if (sodium_init() < 0) return io_error(ENOSYS, "libsodium");
  SecretBytes secret;
  secret.bytes_.reset(static_cast<unsigned char*>(sodium_malloc(size == 0 ? 1 : size)));
  if (secret.bytes_ == nullptr) return io_error(ENOMEM, "memory for a secret");
  secret.size_ = size;
  return secret;
}

Result<SecretBytes> SecretBytes::copy_of(std::string_view bytes) {
  auto secret = allocate(bytes.size());
  if (secret) std::memcpy(secret->data(), bytes.data(), bytes.size());
  return secret;
}

}  // namespace hawser::crypto
