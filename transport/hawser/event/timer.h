// One-shot timers in a binary heap: arm and disarm are O(log n), no allocation once the heap has its size.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/indexed_heap.h"
#include "hawser/base/intrusive_list.h"

namespace hawser::event {

class Loop;
class TimerQueue;

class Timer final : public HeapNode, public ListLink {
 public:
  using Callback = Delegate<void()>;

  Timer(Loop& loop, Callback callback);
  /// For tests of the queue alone.
  Timer(TimerQueue& queue, Callback callback) : queue_(queue), callback_(callback) {}
  ~Timer() { disarm(); }

  /// Replaces an earlier arming. kNever disarms.
  void arm(Instant expiry);
  void disarm();
  /// False from just before the callback runs.
  bool is_armed() const { return in_heap() || is_linked(); }
  Instant expiry() const { return is_armed() ? expiry_ : kNever; }

 private:
  friend class TimerQueue;

  TimerQueue& queue_;
  Callback callback_;
  Instant expiry_ = kNever;  // in the heap until it is due, then in the list of run_due()
};

class TimerQueue final {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  /// kNever when nothing is armed.
  Instant next_expiry() const { return heap_.empty() ? kNever : heap_.top().expiry_; }
  /// Runs every timer due at `now`, earliest first. A callback may arm, disarm or destroy any timer; a
  /// timer armed for an instant that is already due runs in the next call, so this always ends.
  void run_due(Instant now);

 private:
  friend class Timer;

  IndexedHeap<Timer, &Timer::expiry_> heap_;
};

}  // namespace hawser::event
