#include "src/crypto/aead.h"

#include <sodium.h>

#include "src/crypto/octets.h"

namespace hawser::crypto {
namespace {

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == kAeadKeyBytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES ==
              kBoxOverhead);
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

}  // namespace

void append_box(std::string& out, const SecretBytes& plaintext, const SecretBytes& key) {
  const std::size_t begin = out.size();
  out.resize(begin + plaintext.size() + kBoxOverhead);
  auto* nonce = reinterpret_cast<unsigned char*>(out.data()) + begin;
  randombytes_buf(nonce, kNonce);
  // The nonce is in front of the ciphertext, so it counts among what is bound; it is bound anyway.
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonce, nullptr, plaintext.data(), plaintext.size(),
                                             bytes(out), begin + kNonce, nullptr, nonce, key.data());
}

Result<SecretBytes> open_box(std::string_view whole, std::size_t begin, std::size_t size,
                             const SecretBytes& key) {
  constexpr std::string_view kRefused = "another key sealed this, or it is damaged";
  if (size < kBoxOverhead || begin > whole.size() || size > whole.size() - begin ||
      key.size() != kAeadKeyBytes) {
    return usage_error(std::string(kRefused));
  }
  auto plaintext = SecretBytes::allocate(size - kBoxOverhead);
  if (!plaintext) return plaintext;
  const unsigned char* nonce = bytes(whole) + begin;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext->data(), nullptr, nullptr, nonce + kNonce,
                                                 size - kNonce, bytes(whole), begin + kNonce, nonce,
                                                 key.data()) != 0) {
    return usage_error(std::string(kRefused));
  }
  return plaintext;
}

}  // namespace hawser::crypto
