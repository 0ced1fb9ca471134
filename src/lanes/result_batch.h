// When the event loops are woken for what a worker has done. Waking one takes up to as long as the quickest
// signatures, so results that had to wait for their turn anyway wait a little longer, for others: each for a
// share of what its job has waited, and of what is left until its deadline. Without a queue none waits.
//
// Threads: one, the worker's.
#pragma once

#include <algorithm>

#include "hawser/base/clock.h"
#include "hawser/server/finish_batch.h"

namespace hawser::lanes {

class ResultBatch final {
 public:
  static constexpr Duration kMostPatience = std::chrono::milliseconds(1);

  /// Before a job: results that can't wait until its end leave, and those of jobs that were dropped, of which
  /// nothing is known.
  void make_way(Duration cost, Instant now) {
    if (due_ == kNever || now + cost > due_) flush();
  }
  /// After a job, which had `waited` for its turn.
  void add(Duration waited, Instant deadline, Instant now) {
    due_ = std::min(due_, now + patience(waited, deadline, now));
  }
  /// Before the worker rests.
  void flush() {
    batch_.flush();
    due_ = kNever;
  }

 private:
  static constexpr int kShareOfWait = 8;
  static constexpr int kShareOfRest = 8;

  static Duration patience(Duration waited, Instant deadline, Instant now) {
    const Duration rest = std::max(deadline - now, Duration{});
    return std::min({waited / kShareOfWait, rest / kShareOfRest, kMostPatience});
  }

  server::FinishBatch batch_;
  Instant due_ = kNever;
};

}  // namespace hawser::lanes
