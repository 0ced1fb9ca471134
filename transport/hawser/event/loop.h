// The event loop: one epoll instance, one thread.
//
// One turn (run_once):
//   1. epoll_wait, blocking until the next timer, a post or a ready descriptor (not at all when hooks or
//      tasks wait); collect every ready watch into a list; read the clock once
//   2. the next-turn list; then dispatch the ready list: a callback may destroy any watch, its own or a
//      neighbour's, because destroying unlinks
//   3. timers that are due, posted tasks. Input comes before timers: after a long stop (a debugger, a
//      restored snapshot) a waiting answer is seen before the timer that misses it
//   4. flush hooks that were scheduled in this turn (each connection writes once a turn)
//   5. reap hooks: objects that closed themselves in this turn are destroyed by their owners now, with
//      none of their code on the stack
// Waiting comes first so that what a timer or a task wants written is written before the next wait. Each
// step works off what was scheduled when it began: a hook scheduled by a hook of its own kind, or a task
// posted by a task, runs in the next turn, which then doesn't wait. So a turn always ends.
//
// Threads: everything is confined to the thread that runs the loop, except post(), stop() and
// is_loop_thread(). A loop that is not running belongs to the thread that created it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"
#include "hawser/event/loop_wake.h"
#include "hawser/event/spin_budget.h"
#include "hawser/event/task.h"
#include "hawser/event/timer.h"
#include "hawser/event/turn_hook.h"

struct epoll_event;

namespace hawser::event {

class Loop final {
 public:
  /// Bytes of the receive scratch that all connections of the loop share.
  static constexpr std::size_t kScratchBytes = 64 * 1024;

  /// Fails only when the kernel gives no epoll instance or eventfd (scope io).
  static Result<std::unique_ptr<Loop>> create();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  static constexpr Duration kForever = Duration::max();

  /// Turns until stop(). Tasks posted before stop() have run when it returns, and their output has been
  /// flushed. May be called again.
  void run();
  /// One turn that waits at most `max_wait` (0: only what is ready now). Timers may run up to a millisecond
  /// late, never early. Not to be called from inside a callback.
  void run_once(Duration max_wait);
  /// Before it sleeps, a turn looks for work for up to so long (spin_budget.h). It pays where the loop has a
  /// core to itself and calls wait for each other; it takes time from whatever shares the core. Zero, the
  /// default: it sleeps at once. Before run(), or on the loop's thread.
  void set_busy_poll(Duration limit) { spin_ = SpinBudget(limit); }
  /// Ends run() after the current turn. Any thread, once or often, also before run(); safe in a signal
  /// handler. Wakes a run_once() that waits.
  void stop();

  /// Runs `task` on the loop's thread in the next turn. Any thread. Never allocates. The task must stay
  /// alive until it has run. Posting a task that is already queued does nothing. A thread with a PostBatch
  /// wakes the loop later.
  void post(Task& task);
  /// The same for set-up and tests, where an allocation is no matter.
  void post(std::function<void()> function);

  /// Monotonic time, read once a turn after epoll_wait returned.
  Instant now() const { return now_; }
  /// Reads the clock again: for the callers that time their own work, and before a long turn goes on.
  Instant refresh_now();
  /// Counts turns, for budgets that are per turn.
  std::uint64_t turn() const { return turn_; }
  bool is_loop_thread() const {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  MutableBytes scratch() { return scratch_; }
  /// A block of memory that goes from one connection's output to the next one's: what is written and sent at
  /// once needs no block of its own, and finds this one in the cache.
  ByteQueue& spare_output() { return spare_output_; }

  // What FdWatch, Timer and TurnHook are built on; not for other callers.
  Result<void> set_watch(FdWatch& watch, std::uint32_t events);
  void remove_watch(FdWatch& watch);
  TimerQueue& timers() { return timers_; }
  IntrusiveList<TurnHook>& hooks(TurnHook::When when);

 private:
  Loop(UniqueFd epoll, SharedWake wake);

  void wait(Duration max_wait);
  int poll_events(std::span<epoll_event> events, Duration max_wait);
  int spin(std::span<epoll_event> events, int timeout);
  int block(std::span<epoll_event> events, int timeout);
  int timeout_ms(Duration max_wait);
  void dispatch_ready();
  void run_hooks(IntrusiveList<TurnHook>& hooks);
  void run_tasks();
  bool has_hooks() const { return !next_turn_.empty() || !flush_.empty() || !reap_.empty(); }
  void wake_for_post();

  UniqueFd epoll_;
  const SharedWake wake_;

  SpinBudget spin_;
  Instant now_ = Clock::now();
  std::uint64_t turn_ = 0;
  TimerQueue timers_;
  IntrusiveList<FdWatch> ready_;
  IntrusiveList<TurnHook> next_turn_;
  IntrusiveList<TurnHook> flush_;
  IntrusiveList<TurnHook> reap_;
  std::vector<std::uint8_t> scratch_;
  ByteQueue spare_output_;

  std::atomic<std::thread::id> thread_;
  std::atomic<bool> stopping_{false};

  std::mutex posted_mutex_;
  TaskList posted_;                                      // guarded by posted_mutex_
  std::vector<std::function<void()>> posted_functions_;  // guarded by posted_mutex_
  std::atomic<bool> has_posted_{false};
};

}  // namespace hawser::event
