// Both halves of one key, made or read in, and seen to work: a key is stored only after it has signed with
// each algorithm that it is for, and its public half has accepted that.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/hasher.h"
#include "src/crypto/private_key.h"
#include "src/crypto/public_key.h"

namespace hawser::keys {

struct KeyPair {
  std::shared_ptr<const crypto::PrivateKey> private_key;
  std::shared_ptr<const crypto::PublicKey> public_key;
};

/// Slow for RSA. Refusals: UNAVAILABLE when it was stopped, INTERNAL when the library or the new key fails.
/// An empty `algorithms` means all that the kind can.
Result<KeyPair> generate_pair(crypto::KeySpec spec, std::span<const crypto::Algorithm> algorithms,
                              const crypto::Hasher& hasher, const std::stop_token& stop);

/// Unencrypted PKCS#8 in DER. Refusals: INVALID_ARGUMENT for what isn't that, isn't offered or has parts that
/// don't belong together; INTERNAL. Which algorithms it will be for is known only once its kind is:
/// test_pair().
Result<KeyPair> read_pair(std::string_view pkcs8, const crypto::Hasher& hasher);

/// The round trip. Precondition: each algorithm fits the key. Refusal: INTERNAL.
Result<void> test_pair(const KeyPair& pair, std::span<const crypto::Algorithm> algorithms,
                       const crypto::Hasher& hasher);

}  // namespace hawser::keys
