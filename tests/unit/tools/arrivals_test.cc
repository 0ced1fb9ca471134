#include "tools/profile/arrivals.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace hawser::test {
namespace {

using profile::ArrivalKind;
using profile::Arrivals;
using profile::Schedule;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

std::vector<Instant> all(const Schedule& schedule, ArrivalKind kind, std::size_t threads) {
  std::vector<Instant> times;
  for (std::size_t i = 0; i < threads; ++i) {
    for (Arrivals arrivals(schedule, kind, kStart, i, threads); arrivals.next() != kNever;
         arrivals.advance()) {
      times.push_back(arrivals.next());
    }
  }
  std::sort(times.begin(), times.end());
  return times;
}

TEST_CASE("Arrivals: however many threads share a schedule, together they are the schedule") {
  const Schedule schedule = *Schedule::parse("1000:100ms,500..2000:1s");
  const std::vector<Instant> alone = all(schedule, ArrivalKind::kConstant, 1);
  CHECK(alone.size() == 1350);
  CHECK(alone.front() == kStart);
  CHECK(alone[1] == kStart + milliseconds(1));
  for (const std::size_t threads : {2, 3, 7}) CHECK(all(schedule, ArrivalKind::kConstant, threads) == alone);
}

TEST_CASE("Arrivals: random ones are the same for the same seed") {
  const Schedule schedule = *Schedule::parse("1000:100ms");
  const auto second = [&](std::uint64_t seed) {
    Arrivals arrivals(schedule, ArrivalKind::kPoisson, kStart, 0, 1, seed);
    arrivals.advance();
    return arrivals.next();
  };
  CHECK(second(5) == second(5));
  CHECK(second(5) != second(6));
}

TEST_CASE("Arrivals: a schedule that is over has none") {
  const Schedule schedule = *Schedule::parse("1:1s");
  Arrivals arrivals(schedule, ArrivalKind::kConstant, kStart, 0, 1);
  CHECK(arrivals.next() == kStart);
  arrivals.advance();
  CHECK(arrivals.next() == kNever);
  arrivals.advance();
  CHECK(arrivals.next() == kNever);
  CHECK(Arrivals(schedule, ArrivalKind::kConstant, kStart, 1, 2).next() == kNever);
}

// The random numbers are the same in every run, so are these.
TEST_CASE("Arrivals: of a Poisson process there are as many as the rate says, and their distances vary") {
  const Schedule schedule = *Schedule::parse("10000:10s");
  for (const std::size_t threads : {1, 4}) {
    CAPTURE(threads);
    const std::vector<Instant> times = all(schedule, ArrivalKind::kPoisson, threads);
    CHECK(times.size() == doctest::Approx(100'000).epsilon(0.02));
    // Of exponential distances 1 - 1/e are below the mean, and 1/e^3 above three times the mean.
    std::size_t short_ones = 0;
    std::size_t long_ones = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
      const Duration distance = times[i] - times[i - 1];
      if (distance < std::chrono::microseconds(100)) ++short_ones;
      if (distance > std::chrono::microseconds(300)) ++long_ones;
    }
    CHECK(static_cast<double>(short_ones) == doctest::Approx(63'212).epsilon(0.02));
    CHECK(static_cast<double>(long_ones) == doctest::Approx(4979).epsilon(0.1));
  }
}

TEST_CASE("Arrivals: a Poisson process follows a ramp") {
  const Schedule schedule = *Schedule::parse("0..20000:10s");
  const std::vector<Instant> times = all(schedule, ArrivalKind::kPoisson, 2);
  const auto half = std::lower_bound(times.begin(), times.end(), kStart + seconds(5));
  CHECK(static_cast<double>(half - times.begin()) == doctest::Approx(25'000).epsilon(0.03));
  CHECK(times.size() == doctest::Approx(100'000).epsilon(0.02));
}

}  // namespace
}  // namespace hawser::test
