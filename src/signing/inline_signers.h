// Signatures on the event loops themselves (--signing-inline): what takes some tens of microseconds costs
// less than to hand it to a worker, and holds up everything else of its loop for as long. So one a pass of a
// loop at most; the others go to the lanes.
//
// A loop never waits here: while somebody else has its signer (a key is being destroyed), it goes to the
// lane.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "src/lanes/lanes.h"
#include "src/signing/worker_keys.h"

namespace hawser::signing {

/// One loop's.
class InlineSigner final {
 public:
  InlineSigner(const keys::Keyring& keyring, SigningRules& rules)
      : keys_(std::make_unique<WorkerKeys>(keyring, rules)) {}

  /// On the loop, in its pass number `pass`. True: the job has run, and may be gone. Its traces on the stack
  /// are wiped, for nobody else can.
  bool try_run(lanes::Job& job, std::uint64_t pass, Instant now);

  /// Any thread; waits for the signature that is being made.
  void let_go_of_stale_keys();
  void stop();

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  std::uint64_t last_pass_ = kNone;   // the loop's
  std::mutex mutex_;                  // the loop only tries it
  std::unique_ptr<WorkerKeys> keys_;  // guarded by mutex_; null: the service has stopped
};

/// Those of all loops. Any thread.
class InlineSigners final {
 public:
  /// Lives as long as this.
  InlineSigner& make(const keys::Keyring& keyring, SigningRules& rules);
  void let_go_of_stale_keys();
  void stop();

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<InlineSigner>> signers_;  // guarded by mutex_
  bool stopped_ = false;                                // the same
};

}  // namespace hawser::signing
