// One-shot timers in a binary heap whose positions live in the timers: arm and disarm are O(log n), no
// allocation once the heap has its size.
#pragma once

#include <cstddef>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"

namespace hawser::event {

class Loop;
class Timer;

class TimerQueue final {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  /// kNever when nothing is armed.
  Instant next_expiry() const;
  /// Runs every timer due at `now`, earliest first. A callback may arm, disarm or destroy any timer; a
  /// timer armed for an instant that is already due runs in the next call, so this always ends.
  void run_due(Instant now);

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer);
  /// The expiry of a timer in the heap changed.
  void reposition(Timer& timer);
  void remove_at(std::size_t position);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);
  void place(std::size_t position, Timer* timer);

  std::vector<Timer*> heap_;
  std::vector<Timer*> due_;  // being run by run_due; entries of disarmed or destroyed timers are nulled
};

class Timer final {
 public:
  using Callback = Delegate<void()>;

  Timer(Loop& loop, Callback callback);
  /// For tests of the queue alone.
  Timer(TimerQueue& queue, Callback callback) : queue_(queue), callback_(callback) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces an earlier arming. kNever disarms.
  void arm(Instant expiry);
  void disarm();
  bool is_armed() const { return position_ != kNowhere; }
  Instant expiry() const { return is_armed() ? expiry_ : kNever; }

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  TimerQueue& queue_;
  Callback callback_;
  Instant expiry_ = kNever;
  std::size_t position_ = kNowhere;  // in the heap, or in the due list
  bool is_due_ = false;              // which of the two
};

}  // namespace hawser::event
