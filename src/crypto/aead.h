// Sealing bytes under a key that both sides have: XChaCha20-Poly1305 (libsodium's IETF form), whose nonces
// are long enough to be drawn at random for ever. A box is its nonce, the ciphertext and the tag.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"

namespace hawser::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
/// How much longer a box is than what is in it.
inline constexpr std::size_t kBoxOverhead = 24 + 16;

/// Appends a box to `out`; all that `out` held before is bound to it. Precondition: the key's size.
void append_box(std::string& out, const SecretBytes& plaintext, const SecretBytes& key);

/// Opens the box that begins at `begin` and has `size` bytes, in what it was appended to. Scope usage:
/// another key, or a bit of box or of what is before it has changed; nobody can tell which.
Result<SecretBytes> open_box(std::string_view whole, std::size_t begin, std::size_t size,
                             const SecretBytes& key);

}  // namespace hawser::crypto
