// A clock that stands still unless the test moves it, for code that reads clocks.
#pragma once

#include <utility>

#include "hawser/base/clock.h"
#include "support/protocol_driver.h"

namespace hawser::test {

/// One at a time: it is read by a plain function.
class HandClock final {
 public:
  HandClock() {
    now_ = kTestStart;
    reads_ = 0;
  }
  ~HandClock() = default;
  HandClock(const HandClock&) = delete;
  HandClock& operator=(const HandClock&) = delete;

  static Instant read() {
    ++reads_;
    return now_;
  }
  void advance(Duration duration) { now_ += duration; }
  /// How often it was read since this was asked last.
  int take_reads() { return std::exchange(reads_, 0); }

 private:
  static inline Instant now_{};
  static inline int reads_ = 0;
};

}  // namespace hawser::test
