#include "tools/profile/bootstrap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace hawser::test {
namespace {

using profile::draw_runs;
using profile::Histogram;
using profile::Interval;
using profile::Range;
using profile::Slice;
using profile::SparseHistogram;
using profile::Timeline;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kMedian[] = {50};
constexpr double kP90[] = {90};

Interval interval_of(std::uint64_t ok, Duration latency) {
  Histogram histogram;
  for (std::uint64_t i = 0; i < ok; ++i) histogram.record(latency);
  return {ok, 0, SparseHistogram(histogram)};
}

std::vector<Slice> slices_of(const std::vector<std::uint64_t>& oks) {
  std::vector<Slice> slices;
  for (const std::uint64_t ok : oks) {
    slices.push_back({interval_of(ok, milliseconds(1)), seconds(slices.size()), seconds(1)});
  }
  return slices;
}

// Independent calls with exponential latencies of a mean of 1 ms.
std::vector<Slice> exponential(std::size_t count, std::size_t calls, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> latency(1e-6);
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < count; ++i) {
    Histogram histogram;
    for (std::size_t k = 0; k < calls; ++k) {
      histogram.record(Duration(static_cast<std::int64_t>(latency(random))));
    }
    slices.push_back({{calls, 0, SparseHistogram(histogram)}, seconds(i), seconds(1)});
  }
  return slices;
}

TEST_CASE("Slices: the end of a run has its true length") {
  const Timeline timeline(
      milliseconds(100),
      {interval_of(10, milliseconds(1)), interval_of(20, milliseconds(1)), interval_of(8, milliseconds(1))});
  SUBCASE("most of an interval") {
    const auto slices = profile::slices(timeline, milliseconds(280));
    REQUIRE(slices.size() == 3);
    CHECK(slices[2].length == milliseconds(80));
    CHECK(slices[2].rate_of(slices[2].interval.ok) == doctest::Approx(100));
  }
  SUBCASE("a little of one goes to the one before") {
    const auto slices = profile::slices(timeline, milliseconds(240));
    REQUIRE(slices.size() == 2);
    CHECK(slices[1].interval.ok == 28);
    CHECK(slices[1].interval.latency.count() == 28);
    CHECK(slices[1].length == milliseconds(140));
    CHECK(slices[1].rate_of(28) == doctest::Approx(200));
  }
  SUBCASE("calls that ended after it") {
    const auto slices = profile::slices(timeline, milliseconds(300));
    REQUIRE(slices.size() == 3);
    CHECK(slices[2].length == milliseconds(100));
  }
  SUBCASE("one interval, and none") {
    const auto one =
        profile::slices(Timeline(seconds(1), {interval_of(5, milliseconds(1))}), milliseconds(10));
    REQUIRE(one.size() == 1);
    CHECK(one[0].length == milliseconds(10));
    CHECK(profile::slices({}, seconds(1)).empty());
  }
}

TEST_CASE("Bootstrap: too few slices give no range, equal ones a narrow one") {
  CHECK_FALSE(draw_runs(slices_of(std::vector<std::uint64_t>(9, 100)), kMedian, 1));
  const auto draws = draw_runs(slices_of(std::vector<std::uint64_t>(10, 100)), kMedian, 1);
  REQUIRE(draws);
  REQUIRE(draws->rate.size() == profile::kDraws);
  const Range range = profile::range_of(draws->rate, 1);
  CHECK(range.low == doctest::Approx(1));
  CHECK(range.high == doctest::Approx(1));
  CHECK(draws->percentiles[0].front() == 1);
}

TEST_CASE("Bootstrap: slices without a call are drawn, but are no evidence of latency") {
  std::vector<std::uint64_t> oks(20, 0);
  for (std::size_t i = 0; i < 9; ++i) oks[i] = 100;
  CHECK_FALSE(draw_runs(slices_of(oks), kMedian, 1));
  oks[9] = 100;
  const auto draws = draw_runs(slices_of(oks), kMedian, 1);
  REQUIRE(draws);
  CHECK(profile::range_of(draws->rate, 1).low < 0.7);
}

TEST_CASE("Bootstrap: the range of a rate is that of its standard error") {
  std::mt19937_64 random(7);
  std::normal_distribution<double> rate(1000, 50);
  std::vector<std::uint64_t> oks;
  for (int i = 0; i < 100; ++i) oks.push_back(static_cast<std::uint64_t>(std::llround(rate(random))));
  const auto draws = draw_runs(slices_of(oks), kMedian, 1);
  REQUIRE(draws);
  const Range range = profile::range_of(draws->rate, 1);
  // 1.96 * 50 / 1000 / sqrt(100) to each side
  CHECK(range.high - range.low == doctest::Approx(0.0196).epsilon(0.2));
  CHECK(range.has(1));
}

TEST_CASE("Bootstrap: the range has the true percentile about 19 times out of 20") {
  constexpr int kTrials = 20;
  const double truth = std::log(10) * 1e6;  // of the exponential distribution, in nanoseconds
  int hits = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto slices = exponential(30, 100, static_cast<std::uint64_t>(trial + 1));
    Histogram all;
    for (const Slice& slice : slices) slice.interval.latency.add_to(all);
    const auto measured = static_cast<double>(all.percentile(90).count());
    const auto draws = draw_runs(slices, kP90, 1);
    REQUIRE(draws);
    const Range range = profile::range_of(draws->percentiles[0], 1);
    if (range.has(truth / measured)) ++hits;
  }
  CHECK(hits >= 16);  // 19 are expected; fewer than 16 is a matter of one in a hundred
}

TEST_CASE("Bootstrap: a ratio's range is as wide as both runs make it") {
  const auto first = draw_runs(exponential(100, 100, 1), kMedian, 1);
  const auto second = draw_runs(exponential(100, 100, 2), kMedian, 2);
  REQUIRE(first);
  REQUIRE(second);
  const auto range = profile::range_of_ratio(second->mean, first->mean, 1);
  REQUIRE(range);
  // A mean of 10,000 exponential values has a relative error of 1 %, a quotient of two 1.41 %.
  CHECK(range->high - range->low == doctest::Approx(2 * 1.96 * 0.01414).epsilon(0.25));
  CHECK_FALSE(profile::range_of_ratio(second->mean, std::vector<double>(profile::kDraws, 0.0), 1));
  CHECK_FALSE(profile::range_of_ratio({}, first->mean, 1));
}

TEST_CASE("Bootstrap: the same seed draws the same") {
  const auto slices = exponential(20, 10, 3);
  CHECK(draw_runs(slices, kP90, 5)->percentiles == draw_runs(slices, kP90, 5)->percentiles);
  CHECK(draw_runs(slices, kP90, 5)->mean != draw_runs(slices, kP90, 6)->mean);
}

}  // namespace
}  // namespace hawser::test
