#include "tools/profile/hiccup_meter.h"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

namespace hawser::profile {

HiccupMeter::HiccupMeter() : thread_([this] { run(); }) {}

HiccupMeter::~HiccupMeter() {
  if (thread_.joinable()) stop();
}

std::uint64_t HiccupMeter::sleeps() {
  const std::lock_guard lock(mutex_);
  return late_.count();
}

void HiccupMeter::restart() {
  const std::lock_guard lock(mutex_);
  late_ = Histogram();
}

Histogram HiccupMeter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_wanted_.notify_one();
  thread_.join();
  return std::exchange(late_, {});
}

void HiccupMeter::record(Histogram& into, Instant due, Instant woke) {
  for (Duration late = woke - due; late >= Duration{}; late -= kSleep) into.record(late);
}

void HiccupMeter::run() {
  // Sleeps may otherwise end up to 50 us late on purpose (PR_SET_TIMERSLACK in prctl(2)).
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Instant due = Clock::now() + kSleep;
    if (stop_wanted_.wait_until(lock, due, [this] { return stopping_; })) return;
    record(late_, due, Clock::now());
  }
}

ClockFacts measure_clock() {
  constexpr int kReadings = 2000;
  ClockFacts facts{Duration::max(), {}};
  const Instant first = Clock::now();
  Instant last = first;
  for (int i = 0; i < kReadings; ++i) {
    const Instant now = Clock::now();
    if (now > last) facts.resolution = std::min(facts.resolution, now - last);
    last = now;
  }
  facts.cost = (last - first) / kReadings;
  return facts;
}

}  // namespace hawser::profile
