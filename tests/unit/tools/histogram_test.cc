#include "tools/profile/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/seed.h"

namespace hawser::test {
namespace {

using profile::Histogram;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_CASE("Histogram: empty, everything is zero") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min() == Duration{});
  CHECK(histogram.max() == Duration{});
  CHECK(histogram.mean() == Duration{});
  CHECK(histogram.percentile(50) == Duration{});
}

TEST_CASE("Histogram: one value is all of its numbers") {
  for (const std::int64_t value : {0L, 1L, 2047L, 2048L, 2049L, 123'456'789L, (1L << 42) - 1}) {
    CAPTURE(value);
    Histogram histogram;
    histogram.record(nanoseconds(value));
    CHECK(histogram.count() == 1);
    CHECK(histogram.min() == nanoseconds(value));
    CHECK(histogram.max() == nanoseconds(value));
    CHECK(histogram.mean() == nanoseconds(value));
    for (const double percent : {0.0, 50.0, 99.9, 100.0})
      CHECK(histogram.percentile(percent) == nanoseconds(value));
  }
}

TEST_CASE("Histogram: small values are exact") {
  Histogram histogram;
  for (int value = 1; value <= 2000; ++value) histogram.record(nanoseconds(value));
  CHECK(histogram.percentile(50) == nanoseconds(1000));
  CHECK(histogram.percentile(90) == nanoseconds(1800));
  CHECK(histogram.percentile(99) == nanoseconds(1980));
  CHECK(histogram.percentile(99.9) == nanoseconds(1998));
  CHECK(histogram.percentile(0) == nanoseconds(1));
  CHECK(histogram.percentile(100) == nanoseconds(2000));
}

TEST_CASE("Histogram: every value is kept to 0.1 % from below") {
  for (std::int64_t value = 1; value < (std::int64_t{1} << 42); value += 1 + value / 97) {
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(hours(2));  // so that max() doesn't help
    const auto found = histogram.percentile(50).count();
    REQUIRE(found >= value);
    REQUIRE(static_cast<double>(found) <= static_cast<double>(value) * 1.001);
  }
}

TEST_CASE("Histogram: percentiles of random values are those of the sorted list") {
  std::mt19937_64 random = seeded_generator(0x4157);
  std::lognormal_distribution<double> spread(11, 2);
  Histogram histogram;
  std::vector<std::int64_t> values;
  double sum = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = static_cast<std::int64_t>(spread(random));
    values.push_back(value);
    sum += static_cast<double>(value);
    histogram.record(nanoseconds(value));
  }
  std::sort(values.begin(), values.end());
  CHECK(histogram.min().count() == values.front());
  CHECK(histogram.max().count() == values.back());
  CHECK(histogram.mean().count() == doctest::Approx(sum / 50'000).epsilon(1e-5));
  for (const int permyriad : {10, 100, 1000, 5000, 9000, 9900, 9990, 9999}) {
    CAPTURE(permyriad);
    const auto rank = static_cast<std::size_t>(permyriad) * 5;  // of 50,000
    const double exact = static_cast<double>(values[rank - 1]);
    const double found = static_cast<double>(histogram.percentile(permyriad / 100.0).count());
    CHECK(found >= exact);
    CHECK(found <= exact * 1.001 + 1);
  }
}

TEST_CASE("Histogram: percentiles never fall, and stay between min and max") {
  std::mt19937_64 random = seeded_generator(0x4158);
  Histogram histogram;
  for (int i = 0; i < 1000; ++i) histogram.record(nanoseconds(random() % 10'000'000));
  Duration last = histogram.min();
  for (double percent = 0; percent <= 100; percent += 0.25) {
    const Duration value = histogram.percentile(percent);
    CHECK(value >= last);
    last = value;
  }
  CHECK(last == histogram.max());
}

TEST_CASE("Histogram: what is out of range is counted at the end of it") {
  Histogram histogram;
  histogram.record(seconds(-1));
  histogram.record(hours(1000));
  CHECK(histogram.count() == 2);
  CHECK(histogram.min() == Duration{});
  CHECK(histogram.max() == hours(1000));
  CHECK(histogram.percentile(50) == Duration{});
  CHECK(histogram.percentile(99) == Histogram::kLongest);
}

TEST_CASE("Histogram: buckets have no gap and no overlap") {
  Duration next{};
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    REQUIRE(Histogram::lower_end(i) == next);
    REQUIRE(Histogram::index_of(Histogram::lower_end(i)) == i);
    REQUIRE(Histogram::index_of(Histogram::upper_end(i)) == i);
    next = Histogram::upper_end(i) + nanoseconds(1);
  }
  CHECK(next == Histogram::kLongest + nanoseconds(1));
}

TEST_CASE("Histogram: memory is there from the first value on, and stays as it is") {
  Histogram histogram;
  CHECK(histogram.buckets().empty());
  histogram.record(hours(1000));
  CHECK(histogram.buckets().size() == Histogram::kBuckets);
  for (int i = 0; i < 1000; ++i) histogram.record(microseconds(i));
  CHECK(histogram.buckets().size() == Histogram::kBuckets);
}

TEST_CASE("Histogram: how many are above a value") {
  Histogram histogram;
  CHECK(histogram.count_above(Duration{}) == 0);
  for (int i = 1; i <= 100; ++i) histogram.record(std::chrono::milliseconds(i));
  CHECK(histogram.count_above(std::chrono::milliseconds(60)) == 40);
  CHECK(histogram.count_above(hours(1)) == 0);
  CHECK(histogram.count_above(Duration{}) == 100);
}

TEST_CASE("Histogram: rebuilt from its buckets and extremes it is the same") {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(nanoseconds(i * 12'345));
  Histogram rebuilt;
  for (std::size_t i = 0; i < histogram.buckets().size(); ++i)
    rebuilt.record_bucket(i, histogram.buckets()[i]);
  CHECK(static_cast<double>(rebuilt.mean().count()) ==
        doctest::Approx(static_cast<double>(histogram.mean().count())).epsilon(1e-3));
  rebuilt.set_extremes(histogram.min(), histogram.max(), histogram.mean());
  CHECK(rebuilt.count() == 1000);
  CHECK(rebuilt.min() == histogram.min());
  CHECK(rebuilt.max() == histogram.max());
  CHECK(rebuilt.mean() == histogram.mean());
  for (double percent = 0; percent <= 100; percent += 5)
    CHECK(rebuilt.percentile(percent) == histogram.percentile(percent));
}

TEST_CASE("Histogram: merging is recording all") {
  Histogram one;
  Histogram other;
  Histogram all;
  for (int i = 0; i < 1000; ++i) {
    const Duration value = microseconds(i * i);
    (i % 3 == 0 ? one : other).record(value);
    all.record(value);
  }
  one.merge(other);
  one.merge(Histogram());
  CHECK(one.count() == all.count());
  CHECK(one.min() == all.min());
  CHECK(one.max() == all.max());
  CHECK(one.mean() == all.mean());
  for (double percent = 0; percent <= 100; percent += 5)
    CHECK(one.percentile(percent) == all.percentile(percent));
}

}  // namespace
}  // namespace hawser::test
