// A digest of what comes in pieces, for input that is too long to be held.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/hasher.h"
#include "src/crypto/openssl.h"

namespace hawser::crypto {

/// One thread at a time. The hasher outlives it.
class StreamHash final {
 public:
  /// `hash` isn't kNone. Scope io when the library fails.
  static Result<StreamHash> create(Hash hash, const Hasher& hasher);

  /// A failure of the library shows in finish().
  void add(std::string_view piece);
  /// Of all that was added; once. Empty when the library failed.
  std::string finish();

 private:
  using Context = std::unique_ptr<EVP_MD_CTX, OpensslFree<&EVP_MD_CTX_free>>;

  StreamHash(Context context, std::size_t size) : context_(std::move(context)), size_(size) {}

  Context context_;
  std::size_t size_;
  bool good_ = true;
};

}  // namespace hawser::crypto
