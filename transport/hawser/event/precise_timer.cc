#include "hawser/event/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace hawser::event {

Result<std::unique_ptr<PreciseTimer>> PreciseTimer::create(Loop& loop, Callback callback) {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.is_open()) return io_error(errno, "create a timerfd");
  std::unique_ptr<PreciseTimer> timer(new PreciseTimer(std::move(fd), loop, callback));
  if (auto started = timer->watch_.start_reading(); !started) {
    return tl::unexpected<Error>(std::move(started.error()));
  }
  return timer;
}

void PreciseTimer::arm(Instant expiry) {
  itimerspec setting{};
  armed_ = expiry != kNever;
  if (armed_) {
    // Zero would disarm it (timerfd_settime(2)); the clock's own zero is long past.
    const Duration at = std::max(expiry.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at);
    setting.it_value.tv_sec = seconds.count();
    setting.it_value.tv_nsec = (at - seconds).count();
  }
  // Fails only for a time that isn't one, or a descriptor that isn't ours (timerfd_settime(2)).
  static_cast<void>(::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &setting, nullptr));
}

void PreciseTimer::on_ready(Readiness) {
  // Arming it anew takes back an expiry that was not read: then there is nothing to read here.
  std::uint64_t expiries = 0;
  if (::read(fd_.get(), &expiries, sizeof expiries) != sizeof expiries || !armed_) return;
  armed_ = false;
  callback_();
}

}  // namespace hawser::event
