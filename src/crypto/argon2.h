// A key from a passphrase, made expensive for whoever tries many: Argon2id (RFC 9106; libsodium's
// version 1.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"

namespace hawser::crypto {

struct Argon2Cost {
  std::uint32_t passes = 0;
  std::uint64_t memory_bytes = 0;
};

inline constexpr std::size_t kArgon2SaltBytes = 16;

/// 32 bytes. Takes a tenth of a second to many seconds. Scope io: there isn't that much memory.
/// Precondition: the salt's size.
Result<SecretBytes> argon2id(const SecretBytes& passphrase, std::string_view salt, const Argon2Cost& cost);

}  // namespace hawser::crypto
