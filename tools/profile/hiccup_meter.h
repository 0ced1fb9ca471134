// What the machine itself does to a program: a thread that only sleeps, a millisecond at a time, and notes
// how late it woke (as jHiccup does). A stop of 50 ms counts for all the sleeps that it swallowed.
//
// Threads: made, stopped and destroyed by one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "hawser/base/clock.h"
#include "tools/profile/histogram.h"

namespace hawser::profile {

class HiccupMeter final {
 public:
  static constexpr Duration kSleep = std::chrono::milliseconds(1);

  HiccupMeter();
  ~HiccupMeter();
  HiccupMeter(const HiccupMeter&) = delete;
  HiccupMeter& operator=(const HiccupMeter&) = delete;

  /// Sleeps that were measured since the last restart().
  std::uint64_t sleeps();
  /// Forgets what was measured so far.
  void restart();
  /// Ends; once.
  Histogram stop();

  /// What a sleep adds that was to end at `due` and ended at `woke`; for tests.
  static void record(Histogram& into, Instant due, Instant woke);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable stop_wanted_;
  bool stopping_ = false;  // guarded by mutex_, as is the next
  Histogram late_;
  std::thread thread_;
};

/// The smallest step that the clock was seen to make, and what a reading costs.
struct ClockFacts {
  Duration resolution{};
  Duration cost{};
};
ClockFacts measure_clock();

}  // namespace hawser::profile
