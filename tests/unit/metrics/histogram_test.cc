#include "src/metrics/histogram.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "src/metrics/key_counts.h"

namespace hawser::test {
namespace {

using metrics::Histogram;

// The class that a time is counted in.
std::size_t class_of(Duration time) {
  Histogram histogram;
  histogram.observe(time);
  for (std::size_t i = 0; i < Histogram::kBounds; ++i) {
    if (histogram.count(i) == 1) return i;
  }
  CHECK(histogram.count(Histogram::kBounds) == 1);
  return Histogram::kBounds;
}

}  // namespace

TEST_CASE("histogram: classes double from 10 us on, and a bound belongs to its class") {
  CHECK(Histogram::bound(0) == std::chrono::microseconds(10));
  CHECK(Histogram::bound(1) == std::chrono::microseconds(20));
  CHECK(Histogram::bound(20) == std::chrono::microseconds(10'485'760));
  CHECK(class_of(Duration(-1)) == 0);
  CHECK(class_of(Duration::zero()) == 0);
  for (std::size_t i = 0; i < Histogram::kBounds; ++i) {
    CHECK(class_of(Histogram::bound(i)) == i);
    CHECK(class_of(Histogram::bound(i) + Duration(1)) == i + 1);
  }
  CHECK(class_of(std::chrono::hours(1)) == Histogram::kBounds);
  CHECK(class_of(Duration::max()) == Histogram::kBounds);
}

TEST_CASE("histogram: it adds up, in threads too") {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) histogram.observe(std::chrono::microseconds(15));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(histogram.count(1) == 4000);
  CHECK(histogram.sum() == std::chrono::milliseconds(60));
}

TEST_CASE("key counts: the first keys have their names, the rest are one") {
  metrics::KeyCounts counts(2);
  for (const std::string_view key : {"b", "a", "b", "c", "d", "c"}) counts.add(key);
  const auto all = counts.all();
  REQUIRE(all.size() == 3);
  CHECK(all[0].key_id == "a");
  CHECK(all[0].calls == 1);
  CHECK(all[1].key_id == "b");
  CHECK(all[1].calls == 2);
  CHECK(all[2].key_id == "other keys");
  CHECK(all[2].calls == 3);
  metrics::KeyCounts none(0);
  none.add("a");
  CHECK(none.all().empty());
}

}  // namespace hawser::test
