#include "hawser/event/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "hawser/event/post_batch.h"

namespace hawser::event {
namespace {

constexpr int kEventsATurn = 256;

/// The wait before a timer is computed from now(), which is as old as the turn is long. For waits shorter
/// than this that matters, and the clock is read again.
constexpr Duration kPreciseWait = std::chrono::milliseconds(20);

Readiness readiness_of(std::uint32_t events) {
  const bool error = (events & EPOLLERR) != 0;
  const bool hangup = (events & (EPOLLHUP | EPOLLRDHUP)) != 0;
  const bool both_ways = error || (events & EPOLLHUP) != 0;
  return Readiness{.readable = (events & EPOLLIN) != 0 || hangup || error,
                   .writable = (events & EPOLLOUT) != 0 || both_ways,
                   .hangup = hangup,
                   .error = error};
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return io_error(errno, "create an epoll instance");
  Result<std::unique_ptr<Wakeup>> wakeup = Wakeup::create();
  if (!wakeup) return tl::unexpected<Error>(std::move(wakeup.error()));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;  // marks the wake-up, which has nothing to run
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, (*wakeup)->fd(), &event) != 0) {
    return io_error(errno, "watch the eventfd");
  }
  return std::unique_ptr<Loop>(new Loop(std::move(epoll), LoopWake::create(std::move(*wakeup))));
}

Loop::Loop(UniqueFd epoll, SharedWake wake)
    : epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      scratch_(kScratchBytes),
      thread_(std::this_thread::get_id()) {}

Loop::~Loop() {
  // Queued tasks are not touched: their owners may have destroyed them. Functions may post from their
  // destructors, so they go while the loop is still whole.
  std::vector<std::function<void()>> functions;
  {
    const std::lock_guard lock(posted_mutex_);
    functions.swap(posted_functions_);
  }
}

void Loop::run() {
  const std::thread::id creator = thread_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
  while (!stopping_.load(std::memory_order_acquire)) run_once(kForever);
  run_once(Duration::zero());  // for tasks posted before stop()
  stopping_.store(false, std::memory_order_relaxed);
  thread_.store(creator, std::memory_order_relaxed);
}

void Loop::run_once(Duration max_wait) {
  ++turn_;
  wait(max_wait);
  run_hooks(next_turn_);
  dispatch_ready();
  timers_.run_due(now_);
  run_tasks();
  run_hooks(flush_);
  run_hooks(reap_);
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_->wake();
}

void Loop::post(Task& task) {
  if (task.queued_.exchange(true, std::memory_order_acq_rel)) return;
  // All of it within the lock: once that is released, the task may end the loop and its owner destroy it.
  const std::lock_guard lock(posted_mutex_);
  posted_.push_back(task);
  wake_for_post();
}

void Loop::post(std::function<void()> function) {
  const std::lock_guard lock(posted_mutex_);
  posted_functions_.push_back(std::move(function));
  wake_for_post();
}

// The loop's own thread is awake when it posts, so it never pays for the eventfd.
void Loop::wake_for_post() {
  has_posted_.store(true);
  if (!PostBatch::put_off(wake_)) wake_->wake_if_asleep();
}

Instant Loop::refresh_now() {
  now_ = Clock::now();
  return now_;
}

Result<void> Loop::set_watch(FdWatch& watch, std::uint32_t events) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = &watch;
  const int operation = watch.registered_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), operation, watch.fd_, &event) != 0) {
    return io_error(errno, "watch descriptor " + std::to_string(watch.fd_));
  }
  watch.registered_ = true;
  return {};
}

void Loop::remove_watch(FdWatch& watch) {
  // The event is ignored, but kernels before 2.6.9 wanted one (epoll_ctl(2)); nothing can be done on failure.
  epoll_event event{};
  static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.fd_, &event));
  watch.registered_ = false;
  watch.writing_ = false;
  watch.pending_ = Readiness{};
  watch.unlink();
}

IntrusiveList<TurnHook>& Loop::hooks(TurnHook::When when) {
  switch (when) {
    case TurnHook::When::kNextTurn:
      return next_turn_;
    case TurnHook::When::kFlush:
      return flush_;
    case TurnHook::When::kReap:
      break;
  }
  return reap_;
}

void Loop::wait(Duration max_wait) {
  std::array<epoll_event, kEventsATurn> events;
  const int count = poll_events(events, max_wait);
  refresh_now();
  for (int i = 0; i < count; ++i) {
    auto* watch = static_cast<FdWatch*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (watch == nullptr) continue;
    watch->pending_ = readiness_of(events[static_cast<std::size_t>(i)].events);
    ready_.push_back(*watch);
  }
}

int Loop::poll_events(std::span<epoll_event> events, Duration max_wait) {
  const int timeout = has_hooks() ? 0 : timeout_ms(max_wait);
  if (timeout == 0 || !spin_.is_enabled()) return block(events, timeout);
  const Instant start = refresh_now();
  int count = spin(events, timeout);
  if (count == 0 && !has_posted_.load()) {
    const Duration spent = now_ - start;
    count = block(events,
                  timeout_ms(max_wait == kForever ? kForever : std::max(max_wait - spent, Duration::zero())));
  }
  spin_.note_wait(refresh_now() - start);
  return count;
}

// Descriptors are asked; what other threads post is seen without their having to wake the loop.
int Loop::spin(std::span<epoll_event> events, int timeout) {
  Duration longest = spin_.current();
  if (timeout > 0) longest = std::min(longest, Duration(std::chrono::milliseconds(timeout)));
  const Instant end = now_ + longest;
  int count = 0;
  while (count == 0 && !has_posted_.load(std::memory_order_relaxed) && refresh_now() < end) {
    count = std::max(::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0), 0);
  }
  return count;
}

int Loop::block(std::span<epoll_event> events, int timeout) {
  if (timeout != 0) {
    wake_->begin_sleep();
    if (has_posted_.load()) timeout = 0;
  }
  // EINTR: no events.
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  wake_->end_sleep();
  return std::max(count, 0);
}

int Loop::timeout_ms(Duration max_wait) {
  Duration wait = max_wait;
  if (const Instant expiry = timers_.next_expiry(); expiry != kNever) {
    if (expiry - now_ < kPreciseWait) refresh_now();
    wait = std::min(wait, expiry - now_);
  }
  if (wait == kForever) return -1;
  constexpr std::chrono::milliseconds kLongest(std::numeric_limits<int>::max());
  if (wait >= kLongest) return std::numeric_limits<int>::max();
  // Rounded up: waking before the timer is due would be a turn for nothing.
  return static_cast<int>(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(wait).count(), std::int64_t{0}));
}

void Loop::dispatch_ready() {
  while (!ready_.empty()) {
    FdWatch& watch = ready_.pop_front();
    const Readiness readiness = std::exchange(watch.pending_, Readiness{});
    watch.callback_(readiness);  // may destroy the watch
  }
}

void Loop::run_hooks(IntrusiveList<TurnHook>& hooks) {
  if (hooks.empty()) return;
  IntrusiveList<TurnHook> scheduled;
  scheduled.take_all(hooks);
  while (!scheduled.empty()) scheduled.pop_front().callback_();  // may destroy the hook
}

void Loop::run_tasks() {
  if (!has_posted_.load(std::memory_order_acquire)) return;
  TaskList tasks;
  std::vector<std::function<void()>> functions;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks = posted_.take();
    functions.swap(posted_functions_);
    has_posted_.store(false);
  }
  while (!tasks.empty()) {
    Task& task = tasks.pop_front();
    const Task::Callback callback = task.callback_;
    task.queued_.store(false, std::memory_order_release);  // from here on it may be posted again
    callback();
  }
  for (const std::function<void()>& function : functions) function();
}

}  // namespace hawser::event
