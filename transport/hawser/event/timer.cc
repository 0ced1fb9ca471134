#include "hawser/event/timer.h"

#include "hawser/event/loop.h"

namespace hawser::event {

Timer::Timer(Loop& loop, Callback callback) : Timer(loop.timers(), callback) {}

void Timer::arm(Instant expiry) {
  disarm();
  if (expiry == kNever) return;
  expiry_ = expiry;
  queue_.heap_.insert(*this);
}

void Timer::disarm() {
  if (in_heap()) queue_.heap_.remove(*this);
  unlink();
}

void TimerQueue::run_due(Instant now) {
  // All are taken out before the first one runs: what a callback arms can't run in this call.
  IntrusiveList<Timer> due;
  while (next_expiry() <= now && !heap_.empty()) due.push_back(heap_.pop());
  while (!due.empty()) due.pop_front().callback_();  // may destroy the timer, or any other
}

}  // namespace hawser::event
