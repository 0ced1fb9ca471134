#include "src/crypto/stream_hash.h"

#include <utility>

namespace hawser::crypto {

Result<StreamHash> StreamHash::create(Hash hash, const Hasher& hasher) {
  Context context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestInit_ex2(context.get(), hasher.library_digest(hash), nullptr) != 1) {
    return openssl_failure("hashing");
  }
  return StreamHash(std::move(context), digest_size(hash));
}

void StreamHash::add(std::string_view piece) {
  good_ = good_ && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
}

std::string StreamHash::finish() {
  std::string digest(size_, '\0');
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  if (good_ && EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1) return digest;
  forget_openssl_errors();
  return {};
}

}  // namespace hawser::crypto
