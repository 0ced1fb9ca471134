#include "src/crypto/hasher.h"

namespace hawser::crypto {

Result<Hasher> Hasher::create() {
  constexpr const char* kNames[] = {"SHA2-256", "SHA2-384", "SHA2-512"};
  Hasher hasher;
  for (std::size_t i = 0; i < hasher.digests_.size(); ++i) {
    hasher.digests_[i].reset(EVP_MD_fetch(nullptr, kNames[i], nullptr));
    if (hasher.digests_[i] == nullptr) {
      forget_openssl_errors();
      return usage_error(std::string("OpenSSL has no ") + kNames[i] + ": look at its configuration file");
    }
  }
  return hasher;
}

std::string Hasher::digest(Hash hash, std::string_view data) const {
  std::string out(digest_size(hash), '\0');
  if (!digest_into(hash, data, reinterpret_cast<unsigned char*>(out.data()))) out.clear();
  return out;
}

bool Hasher::digest_into(Hash hash, std::string_view data, unsigned char* out) const {
  unsigned int size = 0;
  const bool hashed = EVP_Digest(data.data(), data.size(), out, &size, library_digest(hash), nullptr) == 1 &&
                      size == digest_size(hash);
  if (!hashed) forget_openssl_errors();
  return hashed;
}

const EVP_MD* Hasher::library_digest(Hash hash) const {
  return digests_[static_cast<std::size_t>(hash) - 1].get();
}

}  // namespace hawser::crypto
