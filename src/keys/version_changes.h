// What may become of a key's versions: the state machine of key.h, on values. Each function changes the key
// it is given, or refuses and leaves it.
//
// The primary version is always enabled, so a key that exists can sign: it is neither disabled nor destroyed,
// now or later; another version is made primary first. That also keeps the last enabled version.
//
// Refusals: NOT_FOUND for a number that the key has no version of; INVALID_ARGUMENT for what makes no sense
// (version 0, a time that is past); FAILED_PRECONDITION for what the version's state doesn't allow.
#pragma once

#include <cstdint>

#include "hawser/base/result.h"
#include "src/keys/key.h"

namespace hawser::keys {

/// The version by its number, which isn't 0.
Result<KeyVersion*> version_of(Key& key, std::uint32_t number);

Result<void> make_primary(Key& key, std::uint32_t number);

/// kEnabled, kDisabled or kDestroyScheduled, this one with `destroy_ms` after `now_ms`. The state that it
/// already has is no error.
Result<void> set_version_state(Key& key, std::uint32_t number, VersionState state, std::int64_t destroy_ms,
                               std::int64_t now_ms);

/// The version's slot keeps its private key: the caller empties it when the change is stored.
Result<void> mark_destroyed(Key& key, std::uint32_t number, std::int64_t now_ms);

/// Adds the version under the next number, enabled and primary. RESOURCE_EXHAUSTED at `most_versions`.
Result<void> append_primary(Key& key, KeyVersion version, std::size_t most_versions);

}  // namespace hawser::keys
