#include "hawser/event/timer.h"

#include "hawser/event/loop.h"

namespace hawser::event {

Timer::Timer(Loop& loop, Callback callback) : Timer(loop.timers(), callback) {}

void Timer::arm(Instant expiry) {
  if (expiry == kNever) return disarm();
  if (is_armed() && !is_due_) {
    expiry_ = expiry;
    queue_.reposition(*this);
    return;
  }
  disarm();
  expiry_ = expiry;
  queue_.insert(*this);
}

void Timer::disarm() {
  if (is_armed()) queue_.remove(*this);
}

Instant TimerQueue::next_expiry() const { return heap_.empty() ? kNever : heap_.front()->expiry_; }

void TimerQueue::run_due(Instant now) {
  // All are taken out before the first one runs: what a callback arms can't run in this call.
  while (!heap_.empty() && heap_.front()->expiry_ <= now) {
    Timer& timer = *heap_.front();
    remove_at(0);
    timer.is_due_ = true;
    timer.position_ = due_.size();
    due_.push_back(&timer);
  }
  for (std::size_t i = 0; i < due_.size(); ++i) {
    Timer* timer = due_[i];
    if (timer == nullptr) continue;
    remove(*timer);
    timer->callback_();
  }
  due_.clear();
}

void TimerQueue::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.position_ = heap_.size() - 1;
  sift_up(timer.position_);
}

void TimerQueue::remove(Timer& timer) {
  if (timer.is_due_) {
    due_[timer.position_] = nullptr;
    timer.is_due_ = false;
  } else {
    remove_at(timer.position_);
  }
  timer.position_ = Timer::kNowhere;
}

void TimerQueue::reposition(Timer& timer) {
  sift_up(timer.position_);
  sift_down(timer.position_);
}

void TimerQueue::remove_at(std::size_t position) {
  Timer* last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  place(position, last);
  reposition(*last);
}

void TimerQueue::sift_up(std::size_t position) {
  Timer* timer = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (heap_[parent]->expiry_ <= timer->expiry_) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, timer);
}

void TimerQueue::sift_down(std::size_t position) {
  Timer* timer = heap_[position];
  for (std::size_t child; (child = 2 * position + 1) < heap_.size(); position = child) {
    if (child + 1 < heap_.size() && heap_[child + 1]->expiry_ < heap_[child]->expiry_) ++child;
    if (timer->expiry_ <= heap_[child]->expiry_) break;
    place(position, heap_[child]);
  }
  place(position, timer);
}

void TimerQueue::place(std::size_t position, Timer* timer) {
  heap_[position] = timer;
  timer->position_ = position;
}

}  // namespace hawser::event
