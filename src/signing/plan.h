// What a request asks for, found out without keys or threads: which algorithm, which key, which input. Every
// way in which a request can be wrong by itself is found here.
//
// Plans point into their request. Errors are refusals (src/keys/refusal.h), INVALID_ARGUMENT all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto.pb.h"
#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"

namespace hawser::signing {

struct SignPlan {
  crypto::Algorithm algorithm = crypto::Algorithm::kRsaPkcs1Sha256;
  std::string_view key_id;        ///< The default key's, when none was given.
  std::uint32_t key_version = 0;  ///< 0: the primary one.
  std::string_view input;         ///< The message, or its digest.
  bool is_digest = false;
  bool is_p1363 = false;
  /// A field that older clients don't know was set: the reply may have such fields, too.
  bool is_extended = false;
  std::optional<std::uint32_t> input_crc32c;
};

struct VerifyPlan : SignPlan {
  std::string_view signature;
  std::optional<std::uint32_t> signature_crc32c;
};

struct PublicKeyPlan {
  std::string_view key_id;
  std::uint32_t key_version = 0;
  std::optional<crypto::Algorithm> algorithm;  ///< What the key has to be good for.
  /// The kind that the key has to be of. Nothing, where a key was named and no kind: RSA is what an unset
  /// field looks like.
  std::optional<::crypto::KeyType> key_type;
  bool is_extended = false;
};

/// More than this in one BatchSign are refused.
inline constexpr int kMostItems = 64;
inline constexpr std::size_t kMostBatchBytes = 1024 * 1024;

Result<SignPlan> plan_sign(const ::crypto::SignRequest& request);
Result<VerifyPlan> plan_verify(const ::crypto::VerifyRequest& request);
Result<PublicKeyPlan> plan_public_key(const ::crypto::PublicKeyRequest& request);
/// Of the batch as a whole; each item has a plan of its own.
Result<void> check_batch(const ::crypto::BatchSignRequest& request);

::crypto::KeyType key_type_of(crypto::Algorithm algorithm);
::crypto::KeyType key_type_of(crypto::KeySpec spec);
::crypto::SigningAlgorithm wire_number(crypto::Algorithm algorithm);

}  // namespace hawser::signing
