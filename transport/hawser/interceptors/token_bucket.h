// So many of something a second, with bursts. No clock, no lock.
#pragma once

#include "hawser/base/clock.h"

namespace hawser::interceptors {

/// A bucket that holds `burst` calls and refills at `per_second`. Zero per second: no limit.
struct Rate {
  double per_second = 0;
  double burst = 1;
};

class TokenBucket final {
 public:
  /// Full.
  explicit TokenBucket(const Rate& rate, Instant now = {}) : tokens_(rate.burst), filled_at_(now) {}

  /// Zero when a token is there; else the time until one is. Always with the same `rate`.
  Duration wait_for(const Rate& rate, Instant now);
  /// After a wait_for() that gave zero.
  void take() { tokens_ -= 1; }

 private:
  double tokens_;
  Instant filled_at_;
};

}  // namespace hawser::interceptors
