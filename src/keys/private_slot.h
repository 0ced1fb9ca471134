// Where the private half of one key version is, until it is destroyed. Maps of keys are shared and live as
// long as anybody reads them; what is in a slot goes when destroy() says so, whoever still has the map.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "src/crypto/private_key.h"

namespace hawser::keys {

/// Any thread. Taken by workers when they prepare to sign with a key, not for each signature.
class PrivateSlot final {
 public:
  explicit PrivateSlot(std::shared_ptr<const crypto::PrivateKey> key) : key_(std::move(key)) {}
  PrivateSlot(const PrivateSlot&) = delete;
  PrivateSlot& operator=(const PrivateSlot&) = delete;

  /// Null once destroyed. Holders let go when the keyring's epoch changes (KeyUsers).
  std::shared_ptr<const crypto::PrivateKey> get() const {
    const std::lock_guard lock(mutex_);
    return key_;
  }
  void destroy() {
    std::shared_ptr<const crypto::PrivateKey> last;
    const std::lock_guard lock(mutex_);
    last.swap(key_);
  }

  /// A signature made with it was wrong: it isn't used again until the process is started anew.
  void quarantine() { quarantined_.store(true, std::memory_order_relaxed); }
  bool is_quarantined() const { return quarantined_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const crypto::PrivateKey> key_;  // guarded by mutex_
  std::atomic<bool> quarantined_{false};
};

/// Threads that keep private keys at hand.
class KeyUsers {
 public:
  virtual ~KeyUsers() = default;
  /// Returns when every thread has let go of the keys of versions that aren't enabled in the keyring's
  /// current map, and of those that were destroyed. Blocks; not for loops.
  virtual void let_go_of_stale_keys() = 0;
};

}  // namespace hawser::keys
