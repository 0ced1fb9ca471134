// All keys, as one immutable map that is replaced whole. Readers look up without waiting for anybody: each
// thread has a KeyringReader, which notices by the epoch that there is a newer map.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "src/keys/key.h"

namespace hawser::keys {

/// Immutable.
class KeyMap final {
 public:
  KeyMap() = default;
  explicit KeyMap(std::vector<Key> keys);

  const Key* find(std::string_view id) const;
  /// By id.
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

/// Any thread.
class Keyring final {
 public:
  Keyring() : map_(std::make_shared<const KeyMap>()) {}
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;

  void publish(std::shared_ptr<const KeyMap> map);
  /// Takes a lock: for set-up and administration. Never null.
  std::shared_ptr<const KeyMap> snapshot() const;
  /// With the epoch that it is of: whoever has the same epoch has the same map.
  std::pair<std::shared_ptr<const KeyMap>, std::uint64_t> snapshot_of_epoch() const;
  /// Another one after each publish().
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyMap> map_;  // guarded by mutex_
  std::atomic<std::uint64_t> epoch_{1};
};

/// One thread's view of a keyring, which outlives it.
class KeyringReader final {
 public:
  explicit KeyringReader(const Keyring& keyring) : keyring_(&keyring) {}

  /// The current map; valid until the next call. Locks only when there is a new one.
  const KeyMap& current();
  /// The epoch of what current() gave.
  std::uint64_t epoch() const { return epoch_; }

 private:
  const Keyring* keyring_;
  std::uint64_t epoch_ = 0;
  std::shared_ptr<const KeyMap> map_;
};

}  // namespace hawser::keys
