// Secrets on their way between an administrator and the server, so that no message or buffer between holds
// them in the clear: libsodium's sealed boxes (X25519, XSalsa20-Poly1305; an ephemeral sender).
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"

namespace hawser::crypto {

/// Whoever has this can open what was sealed to its public key. Any thread.
class SealedBoxKey final {
 public:
  static Result<SealedBoxKey> generate();

  const std::string& public_key() const { return public_key_; }
  /// Scope usage: it wasn't sealed to this key, or is damaged.
  Result<SecretBytes> open(std::string_view sealed) const;

 private:
  SealedBoxKey() = default;
  std::string public_key_;
  SecretBytes secret_key_;
};

/// Scope usage: that is no X25519 public key.
Result<std::string> seal(std::string_view recipient_public_key, const SecretBytes& secret);

}  // namespace hawser::crypto
