// What opens a keystore: a passphrase, or 32 bytes that a key service or an attestation agent hands in.
#pragma once

#include <cstddef>

#include "src/crypto/secret.h"

namespace hawser::keystore {

inline constexpr std::size_t kRawKeyBytes = 32;
inline constexpr std::size_t kLongestPassphrase = 1024;

struct StoreSecret {
  enum class Kind { kPassphrase, kRawKey };
  Kind kind = Kind::kPassphrase;
  crypto::SecretBytes bytes;  ///< A passphrase of 1 to kLongestPassphrase bytes, or kRawKeyBytes.
};

}  // namespace hawser::keystore
