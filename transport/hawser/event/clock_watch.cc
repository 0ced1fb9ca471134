#include "hawser/event/clock_watch.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace hawser::event {
namespace {

// The timer itself is not to fire: a hundred years.
constexpr time_t kFar = time_t{100} * 365 * 24 * 3600;

Duration read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

ClockGap::Readings read_clocks() {
  return {read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME), read_clock(CLOCK_REALTIME)};
}

}  // namespace

Duration ClockGap::widen(const Readings& readings) {
  const Duration passed = readings.monotonic - last_.monotonic;
  const Duration slept = std::chrono::abs(readings.boottime - last_.boottime - passed);
  const Duration set = std::chrono::abs(readings.realtime - last_.realtime - passed);
  last_ = readings;
  return std::max(slept, set);
}

ClockWatch::~ClockWatch() = default;

void ClockWatch::add(Listener& listener) {
  if (!listener.is_linked()) listeners_.push_back(listener);
  if (watch_ == nullptr && !open()) {
    watch_.reset();
    fd_.reset();
  }
}

bool ClockWatch::open() {
  fd_ = UniqueFd(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd_.is_open()) return false;
  gap_ = ClockGap(read_clocks());
  if (!arm()) return false;
  watch_ = std::make_unique<FdWatch>(loop_, fd_.get(), FdWatch::Callback::bind<&ClockWatch::on_ready>(*this));
  return watch_->start_reading().has_value();
}

bool ClockWatch::arm() {
  itimerspec when{};
  when.it_value.tv_sec = ::time(nullptr) + kFar;
  return ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) == 0;
}

void ClockWatch::on_ready(Readiness) {
  std::uint64_t expirations = 0;
  // ECANCELED is the news; read or not, the timer begins anew.
  static_cast<void>(::read(fd_.get(), &expirations, sizeof expirations));
  arm();
  const Duration length = gap_.widen(read_clocks());
  if (length >= kLeastJump) tell(length);
}

void ClockWatch::tell(Duration length) {
  listeners_.for_each([&](Listener& listener) { listener.jumped_(length); });
}

}  // namespace hawser::event
