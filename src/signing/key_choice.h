// From what a request names to the key version that serves it, in one map of keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hawser/base/result.h"
#include "src/keys/keyring.h"
#include "src/keys/refusal.h"
#include "src/signing/pending_keys.h"
#include "src/signing/plan.h"

namespace hawser::signing {

/// Valid as long as the map that it was found in.
struct KeyChoice {
  const keys::Key* key = nullptr;
  const keys::KeyVersion* version = nullptr;
};

// Refusals: NOT_FOUND, no such key or version; UNAVAILABLE, the key is pending; FAILED_PRECONDITION, the key
// may not sign with this algorithm, or the version's state forbids it; INTERNAL, the version is quarantined.
// `pending` may be null.

/// Of such an error: the key is pending.
inline bool is_pending(const Error& error) {
  return error.code == static_cast<int>(keys::Refusal::kUnavailable);
}

/// Only enabled versions sign.
Result<KeyChoice> choose_to_sign(const keys::KeyMap& keys, const PendingKeys* pending, const SignPlan& plan);
/// Signatures of a version that doesn't sign any more can still be verified: its public key stays.
Result<KeyChoice> choose_to_verify(const keys::KeyMap& keys, const PendingKeys* pending,
                                   const SignPlan& plan);
/// Any version has a public key. INVALID_ARGUMENT: the key is of another kind than was asked for.
Result<KeyChoice> choose_public_key(const keys::KeyMap& keys, const PendingKeys* pending,
                                    const PublicKeyPlan& plan);

}  // namespace hawser::signing
