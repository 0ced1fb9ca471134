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
  unsigned int size = 0;
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  if (EVP_Digest(data.data(), data.size(), bytes, &size, library_digest(hash), nullptr) != 1 ||
      size != out.size()) {
    forget_openssl_errors();
    out.clear();
  }
  return out;
}

const EVP_MD* Hasher::library_digest(Hash hash) const {
  return digests_[static_cast<std::size_t>(hash) - 1].get();
}

}  // namespace hawser::crypto
