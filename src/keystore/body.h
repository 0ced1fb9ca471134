// The inner form of a keystore: all keys with their private parts, as one run of bytes (store_body.proto).
// Private keys go straight between crypto::SecretBytes and OpenSSL; nothing else ever holds one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/crypto/secret.h"
#include "src/keys/key.h"

namespace hawser::keystore {

struct Body {
  std::uint64_t generation = 0;
  std::vector<keys::Key> keys;
};

/// Private keys of destroyed versions are left out, whatever is in their slots. Scope io: the library failed,
/// or a version that isn't destroyed has no private key.
Result<crypto::SecretBytes> encode_body(std::uint64_t generation, const std::vector<keys::Key>& keys);

/// The same body under another generation; its private keys are copied as they are. Scope usage or io.
Result<crypto::SecretBytes> with_generation(std::string_view body, std::uint64_t generation);

/// What becomes of private keys that were read.
enum class PrivateKeys {
  kKeep,
  kCheck,  ///< They are let go of one by one, and slots are empty: it takes no room in OpenSSL's secure heap.
};

/// Of authenticated bytes. Checks everything that a KeyMap relies on, and that each private key belongs to
/// the public key beside it. Scope usage, without a byte of the input; scope io: there is no room for another
/// key.
Result<Body> decode_body(std::string_view bytes, const crypto::Hasher& hasher,
                         PrivateKeys wanted = PrivateKeys::kKeep);

}  // namespace hawser::keystore
