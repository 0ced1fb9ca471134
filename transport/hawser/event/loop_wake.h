// Whether a loop sleeps, and how it is woken. Shared with those that still have to wake it (post_batch.h): it
// may outlive its loop, and then waking it does nothing.
//
// The loop says that it will sleep, looks for posted work once more, and sleeps. Whoever posts queues the
// work first and looks whether the loop sleeps then. Both are sequentially consistent, so one of the two
// always sees the other. Of several that find it asleep one wakes it.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "hawser/event/wakeup.h"

namespace hawser::event {

class LoopWake;
/// The loop's, and of a thread that still has to wake it, which may take longer than the loop lasts.
using SharedWake = std::shared_ptr<LoopWake>;  // lint: allow shared_ptr: neither knows who is the last

class LoopWake final {
 public:
  static SharedWake create(std::unique_ptr<Wakeup> wakeup) {
    return SharedWake(new LoopWake(std::move(wakeup)));
  }

  LoopWake(const LoopWake&) = delete;
  LoopWake& operator=(const LoopWake&) = delete;

  int fd() const { return wakeup_->fd(); }

  // The loop's thread.
  void begin_sleep() { sleeping_.store(true); }
  void end_sleep() { sleeping_.store(false, std::memory_order_relaxed); }

  /// Any thread.
  void wake_if_asleep() {
    if (sleeping_.load() && sleeping_.exchange(false)) wakeup_->signal();
  }
  /// Any thread; safe in a signal handler.
  void wake() { wakeup_->signal(); }

 private:
  explicit LoopWake(std::unique_ptr<Wakeup> wakeup) : wakeup_(std::move(wakeup)) {}

  std::unique_ptr<Wakeup> wakeup_;
  std::atomic<bool> sleeping_{false};  // true around a blocking epoll_wait
};

}  // namespace hawser::event
