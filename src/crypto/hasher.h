// SHA-2 by OpenSSL, its implementations looked up once: EVP_sha256() looks them up at each use (openssl
// #20286).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/openssl.h"

namespace hawser::crypto {

/// Immutable once made; any thread.
class Hasher final {
 public:
  /// Scope usage when the library has no SHA-2, which a broken configuration of OpenSSL can do.
  static Result<Hasher> create();

  /// `hash` isn't kNone. Empty when the library failed.
  std::string digest(Hash hash, std::string_view data) const;
  /// The same into memory of the caller's, of digest_size(hash) bytes. False when the library failed.
  bool digest_into(Hash hash, std::string_view data, unsigned char* out) const;
  const EVP_MD* library_digest(Hash hash) const;

 private:
  Hasher() = default;
  std::array<EvpDigest, 3> digests_;  // in the order of Hash, without kNone
};

}  // namespace hawser::crypto
