#include "src/signing/pending_keys.h"

namespace hawser::signing {

void PendingKeys::add(std::string_view id) {
  const std::lock_guard lock(mutex_);
  ids_.emplace(id);
  any_.store(true, std::memory_order_release);
}

void PendingKeys::remove(std::string_view id) {
  Waiters ready;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = ids_.find(id); found != ids_.end()) ids_.erase(found);
    any_.store(!ids_.empty(), std::memory_order_release);
    take(ready, [&](const Waiter& waiter) { return waiter.id_ == id; });
  }
  tell(ready, false);
}

void PendingKeys::close() {
  Waiters all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    take(all, [](const Waiter&) { return true; });
  }
  tell(all, true);
}

bool PendingKeys::contains(std::string_view id) const {
  if (!any_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(mutex_);
  return ids_.find(id) != ids_.end();
}

PendingKeys::Outcome PendingKeys::wait(Waiter& waiter, std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Outcome::kClosed;
  if (ids_.find(id) == ids_.end()) return Outcome::kNotPending;
  if (waiting_ >= most_waiting_) return Outcome::kFull;
  waiter.id_ = id;
  waiter.waits_ = true;
  waiters_.push_back(waiter);
  ++waiting_;
  return Outcome::kWaits;
}

bool PendingKeys::leave(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (!waiter.waits_) return false;
  waiter.waits_ = false;
  waiter.unlink();
  --waiting_;
  return true;
}

std::size_t PendingKeys::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

// From here they belong to whoever tells them: leave() is false.
template <class Wanted>
void PendingKeys::take(Waiters& taken, const Wanted& wanted) {
  Waiters others;
  while (!waiters_.empty()) {
    Waiter& waiter = waiters_.pop_front();
    if (!wanted(waiter)) {
      others.push_back(waiter);
      continue;
    }
    waiter.waits_ = false;
    --waiting_;
    taken.push_back(waiter);
  }
  waiters_.take_all(others);
}

void PendingKeys::tell(Waiters& waiters, bool is_closed) {
  while (!waiters.empty()) waiters.pop_front().told_(is_closed);
}

}  // namespace hawser::signing
