#include "tools/profile/timeline.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using profile::Histogram;
using profile::Interval;
using profile::SparseHistogram;
using profile::Timeline;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kTimelineStart{seconds(1000)};

std::uint64_t total(const Timeline& timeline) {
  std::uint64_t calls = 0;
  for (const Interval& interval : timeline.intervals()) {
    CHECK(interval.latency.count() == interval.ok);
    calls += interval.ok + interval.failed;
  }
  return calls;
}

TEST_CASE("Timeline: calls are counted in the interval in which they ended") {
  Timeline timeline(kTimelineStart, seconds(1));
  timeline.record(kTimelineStart - seconds(5), milliseconds(1), true);
  timeline.record(kTimelineStart + milliseconds(999), milliseconds(1), true);
  timeline.record(kTimelineStart + milliseconds(1000), milliseconds(2), false);
  timeline.record(kTimelineStart + milliseconds(3500), milliseconds(7), true);
  timeline.close();
  REQUIRE(timeline.intervals().size() == 4);
  CHECK(timeline.intervals()[0].ok == 2);
  CHECK(timeline.intervals()[0].latency.buckets().size() == 1);
  CHECK(timeline.intervals()[1].failed == 1);
  CHECK(timeline.intervals()[2].ok + timeline.intervals()[2].failed == 0);
  Histogram last;
  timeline.intervals()[3].latency.add_to(last);
  CHECK(last.count() == 1);
  CHECK(last.max() >= milliseconds(7));
}

TEST_CASE("Timeline: nothing recorded is no interval") {
  Timeline timeline(kTimelineStart, seconds(1));
  timeline.close();
  CHECK(timeline.intervals().empty());
}

TEST_CASE("Timeline: however long it gets, the number of intervals is bounded and no call is lost") {
  Timeline timeline(kTimelineStart, milliseconds(100));
  constexpr int kCalls = 100'000;
  for (int i = 0; i < kCalls; ++i)
    timeline.record(kTimelineStart + milliseconds(40) * i, microseconds(i), i % 10 != 0);
  timeline.close();
  CHECK(timeline.intervals().size() <= Timeline::kMostIntervals);
  CHECK(timeline.intervals().size() > Timeline::kMostIntervals / 3);
  CHECK(timeline.width() == milliseconds(100) * 128);
  CHECK(total(timeline) == kCalls);
  // Evenly, but for the last.
  for (std::size_t i = 0; i + 1 < timeline.intervals().size(); ++i) {
    REQUIRE(timeline.intervals()[i].ok + timeline.intervals()[i].failed == 320);
  }
}

TEST_CASE("Timeline: a long silence is intervals without calls") {
  Timeline timeline(kTimelineStart, milliseconds(1));
  timeline.record(kTimelineStart, milliseconds(1), true);
  timeline.record(kTimelineStart + std::chrono::hours(24 * 365), milliseconds(1), true);
  timeline.close();
  CHECK(timeline.intervals().size() <= Timeline::kMostIntervals);
  CHECK(total(timeline) == 2);
}

TEST_CASE("Timeline: of two threads, also when one has got coarser") {
  Timeline one(kTimelineStart, milliseconds(100));
  Timeline other(kTimelineStart, milliseconds(100));
  for (int i = 0; i < 100; ++i) one.record(kTimelineStart + milliseconds(50) * i, milliseconds(i % 7), true);
  for (int i = 0; i < 1000; ++i)
    other.record(kTimelineStart + milliseconds(100) * i, milliseconds(i % 5), true);
  one.close();
  other.close();
  REQUIRE(one.width() < other.width());
  SUBCASE("the finer into the coarser") {
    other.merge(one);
    CHECK(other.width() == milliseconds(200));
    CHECK(other.intervals().size() == 500);
    CHECK(total(other) == 1100);
    CHECK(other.intervals()[0].ok == 6);
  }
  SUBCASE("the coarser into the finer") {
    one.merge(other);
    CHECK(one.width() == milliseconds(200));
    CHECK(one.intervals().size() == 500);
    CHECK(total(one) == 1100);
    CHECK(one.intervals()[0].ok == 6);
  }
}

TEST_CASE("Sparse histogram: made of a histogram it gives the same one") {
  Histogram histogram;
  for (int i = 0; i < 5000; ++i) histogram.record(microseconds(i * i));
  Histogram again;
  SparseHistogram(histogram).add_to(again);
  CHECK(again.count() == 5000);
  CHECK(again.percentile(50) == histogram.percentile(50));
  CHECK(again.percentile(99) == histogram.percentile(99));
}

TEST_CASE("Sparse histogram: merging adds up buckets in order") {
  SparseHistogram one({{1, 10}, {5, 1}});
  one.merge(SparseHistogram({{0, 2}, {5, 3}, {9, 1}}));
  REQUIRE(one.buckets().size() == 4);
  CHECK(one.count() == 17);
  CHECK(one.buckets()[0].index == 0);
  CHECK(one.buckets()[2].index == 5);
  CHECK(one.buckets()[2].count == 4);
}

}  // namespace
}  // namespace hawser::test
