// Every change to the keys goes through here: checked, stored, published, in this order. What storage refuses
// has not happened; what was returned as done survives a kill, and no thread still works with what was
// before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/crypto/secret.h"
#include "src/keys/key.h"
#include "src/keys/key_pair.h"
#include "src/keys/key_storage.h"
#include "src/keys/keyring.h"
#include "src/keys/private_slot.h"

namespace hawser::keys {

/// Milliseconds since the Unix epoch, by the system's clock.
std::int64_t unix_ms_now();

struct KeyManagerOptions {
  std::function<std::int64_t()> clock = unix_ms_now;
  std::size_t most_keys = 10000;
  std::size_t most_versions = 1000;  ///< Of one key, destroyed ones among them.
};

/// What a key is to be, besides its kind.
struct KeyTraits {
  std::string id;
  std::vector<crypto::Algorithm> algorithms;  ///< Empty: all that its kind can.
  std::int64_t rotate_after_ms = 0;           ///< 0: never by itself; else from a minute to a hundred years.
};

struct ExportedVersion {
  std::uint32_t version = 0;
  crypto::SecretBytes pkcs8;  ///< Unencrypted, DER.
};

/// What sweeping did. `failure`: the first of what went wrong; try again in a while.
struct SweepResult {
  std::size_t changed = 0;
  std::optional<Error> failure;
};

/// Any thread; blocks on the storage's disk, on key generation (one at a time, other changes go on meanwhile)
/// and on KeyUsers. Not for loops.
///
/// Refusals of all changes besides those named: INVALID_ARGUMENT for a malformed id; NOT_FOUND for a key that
/// doesn't exist; those of version_changes.h; UNAVAILABLE when the disk refuses; INTERNAL when a library
/// does. Each gives the key as it is afterwards.
class KeyManager final {
 public:
  /// The keyring holds what the storage does. All outlive the manager.
  KeyManager(Keyring& keyring, KeyStorage& storage, const crypto::Hasher& hasher,
             KeyManagerOptions options = {});
  KeyManager(const KeyManager&) = delete;
  KeyManager& operator=(const KeyManager&) = delete;

  /// Who has to let go of keys that are no longer to be used. Before the first change; outlives the manager.
  void add_users(KeyUsers& users) { users_.push_back(&users); }

  /// ALREADY_EXISTS; INVALID_ARGUMENT for algorithms that don't fit; RESOURCE_EXHAUSTED when there are too
  /// many keys; UNAVAILABLE when stopped while the key was made.
  Result<Key> create(const KeyTraits& traits, crypto::KeySpec spec, const std::stop_token& stop = {});
  /// As create(), of a private key from outside: unencrypted PKCS#8 in DER.
  Result<Key> import_key(const KeyTraits& traits, std::string_view pkcs8);
  /// The same, as a new version of an existing key, made primary. INVALID_ARGUMENT when it is of another
  /// kind; ALREADY_EXISTS when a version that isn't destroyed is this very key.
  Result<Key> import_version(std::string_view id, std::string_view pkcs8);
  /// A new version, primary from the start; those before stay usable by number.
  Result<Key> rotate(std::string_view id, const std::stop_token& stop = {});
  Result<Key> set_primary(std::string_view id, std::uint32_t number);
  /// As set_version_state(). Returns when nobody signs any more with a version that was disabled.
  Result<Key> set_state(std::string_view id, std::uint32_t number, VersionState state,
                        std::int64_t destroy_ms = 0);
  /// For good. Returns when the private key is in no file and in no memory.
  Result<Key> destroy(std::string_view id, std::uint32_t number);

  /// FAILED_PRECONDITION when the version is destroyed. `number` 0: the primary one.
  Result<ExportedVersion> export_version(std::string_view id, std::uint32_t number);
  Result<Key> get(std::string_view id) const;
  /// Never null.
  std::shared_ptr<const KeyMap> keys() const { return keyring_.snapshot(); }

  /// Destroys what is due by its schedule.
  SweepResult destroy_due();
  /// Rotates the keys whose newest version is older than they want.
  SweepResult rotate_due(const std::stop_token& stop = {});
  /// When the next of either is due, since the Unix epoch; nullopt: none is planned.
  std::optional<std::int64_t> next_destruction_ms() const;
  std::optional<std::int64_t> next_rotation_ms() const;
  std::int64_t now_ms() const { return options_.clock(); }

  /// As KeyStorage; gives the generation.
  Result<std::uint64_t> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                          const crypto::SecretBytes& new_passphrase);
  /// Reads back what is stored. DATA_LOSS when that can't be done or isn't what is in memory.
  Result<StorageFacts> verify();

 private:
  using Change = std::function<Result<void>(Key&)>;

  Result<void> check_new(const KeyTraits& traits) const;
  Result<Key> add(const KeyTraits& traits, const std::vector<crypto::Algorithm>& algorithms, KeyPair pair);
  Result<Key> add_version(std::string_view id, KeyPair pair);
  Result<Key> change(std::string_view id, const Change& change);
  Result<Key> change_locked(std::string_view id, const Change& change);
  Result<Key> destroy_locked(std::string_view id, std::uint32_t number);
  Result<void> commit(std::shared_ptr<const KeyMap> map);
  Result<KeyPair> generate(crypto::KeySpec spec, const std::vector<crypto::Algorithm>& algorithms,
                           const std::stop_token& stop);
  void withdraw_stale_keys();

  Keyring& keyring_;
  KeyStorage& storage_;
  const crypto::Hasher& hasher_;
  const KeyManagerOptions options_;
  std::vector<KeyUsers*> users_;
  std::mutex generation_;  // one key is made at a time; never taken while changes_ is held
  std::mutex changes_;     // the storage, and who publishes
};

}  // namespace hawser::keys
