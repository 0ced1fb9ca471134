// Time as the transport sees it: the monotonic clock, in nanoseconds.
//
// Protocol code never reads a clock; every entry point takes `Instant now`, so tests drive time by
// hand. Loops read the clock (see event::Loop::now) and pass it down. The one exception is given a clock:
// server::CallTiming, for calls that ask how long they took.
#pragma once

#include <chrono>
#include <type_traits>

namespace hawser {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;
static_assert(std::is_same_v<Duration, std::chrono::nanoseconds>);

/// "No expiry": later than every instant that can be reached.
inline constexpr Instant kNever = Instant::max();

/// `start + length`, clamped to kNever instead of overflowing (gRPC allows timeouts of 99999999 hours).
constexpr Instant saturating_add(Instant start, Duration length) {
  return length >= kNever - start ? kNever : start + length;
}

}  // namespace hawser
