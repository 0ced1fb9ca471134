// What the signing service keeps for one event loop, so that its calls share nothing with other loops.
#pragma once

#include <mutex>

#include "src/access/call_record.h"
#include "src/keys/keyring.h"
#include "src/signing/connection_counts.h"

namespace hawser::signing {

/// Used by its loop's thread alone, without a lock; one is shared, for calls that come from anywhere (a stock
/// server): that one is locked.
class LoopState {
 public:
  LoopState(const keys::Keyring& keyring, bool is_shared) : reader(keyring), is_shared_(is_shared) {}

  std::unique_lock<std::mutex> lock() {
    return is_shared_ ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
  }

  keys::KeyringReader reader;
  ConnectionCounts connections;
  access::CallRecord inline_record;  ///< Of a call that is over before it leaves the loop.

 private:
  const bool is_shared_;
  std::mutex mutex_;
};

}  // namespace hawser::signing
