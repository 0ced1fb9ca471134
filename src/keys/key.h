// A key: its name, what it may sign with, and its versions. Values; nothing here changes once it is in a map.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/crypto/algorithm.h"
#include "src/crypto/public_key.h"
#include "src/keys/private_slot.h"

namespace hawser::keys {

/// The numbers are those of crypto.KeyVersionState (proto/key.proto) and of the keystore's file.
///
///   kEnabled <-> kDisabled
///   kEnabled, kDisabled -> kDestroyScheduled -> kDisabled (taken back)
///   kEnabled, kDisabled, kDestroyScheduled -> kDestroyed, which is final
enum class VersionState { kEnabled = 1, kDisabled = 2, kDestroyScheduled = 3, kDestroyed = 4 };

struct KeyVersion {
  std::uint32_t number = 0;  ///< From 1; never used again.
  VersionState state = VersionState::kEnabled;
  std::int64_t created_ms = 0;                          ///< Since the Unix epoch.
  std::int64_t destroy_ms = 0;                          ///< When it is to be, or was, destroyed; else 0.
  std::shared_ptr<const crypto::PublicKey> public_key;  ///< Never null; stays when the private key goes.
  std::shared_ptr<PrivateSlot> private_key;             ///< Never null; empty once destroyed.
};

struct Key {
  std::string id;
  crypto::KeySpec spec = crypto::KeySpec::kEcP256;
  std::vector<crypto::Algorithm> algorithms;  ///< What it may sign with; not empty.
  std::uint32_t primary = 0;                  ///< Number of the version that signs when none is asked for.
  std::int64_t created_ms = 0;
  std::int64_t rotate_after_ms = 0;  ///< 0: rotated by hand alone.
  std::vector<KeyVersion> versions;  ///< By number; not empty.

  bool allows(crypto::Algorithm algorithm) const;
  /// 0: the primary one. Null: there is none of that number.
  const KeyVersion* find_version(std::uint32_t number) const;
};

}  // namespace hawser::keys
