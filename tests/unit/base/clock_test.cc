#include "hawser/base/clock.h"

#include <doctest/doctest.h>

namespace hawser {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

// What the wall clock does reaches no deadline.
TEST_CASE("Clock: it is monotonic (P-34)") { CHECK(Clock::is_steady); }

TEST_CASE("Clock: an ordinary length is added exactly") {
  CHECK(saturating_add(kStart, seconds(5)) == kStart + seconds(5));
  CHECK(saturating_add(kStart, Duration::zero()) == kStart);
  CHECK(saturating_add(kStart, -seconds(5)) == kStart - seconds(5));
}

TEST_CASE("Clock: lengths past the end of time are never") {
  CHECK(saturating_add(kStart, Duration::max()) == kNever);
  CHECK(saturating_add(kNever, seconds(1)) == kNever);
  CHECK(saturating_add(kNever - nanoseconds(1), nanoseconds(1)) == kNever);
}

TEST_CASE("Clock: the last instant before never stays itself") {
  CHECK(saturating_add(kNever - nanoseconds(2), nanoseconds(1)) == kNever - nanoseconds(1));
}

TEST_CASE("Clock: a year is no overflow") {
  CHECK(saturating_add(kStart, hours(24 * 365)) < kNever);
  CHECK(saturating_add(kStart, hours(24 * 365)) - kStart == hours(24 * 365));
}

}  // namespace
}  // namespace hawser
