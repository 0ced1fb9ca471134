#include "tools/profile/hiccup_meter.h"

#include <doctest/doctest.h>

#include "support/eventually.h"

namespace hawser::test {
namespace {

using profile::HiccupMeter;
using profile::Histogram;
using std::chrono::milliseconds;

TEST_CASE("Hiccup meter: a stop counts for every sleep that it swallowed") {
  constexpr Instant kDue{std::chrono::seconds(1000)};
  Histogram late;
  HiccupMeter::record(late, kDue, kDue);
  CHECK(late.count() == 1);
  CHECK(late.max() == Duration{});
  HiccupMeter::record(late, kDue, kDue + std::chrono::microseconds(4500));
  CHECK(late.count() == 6);
  CHECK(late.count_above(milliseconds(3)) == 2);
}

TEST_CASE("Hiccup meter: it measures until it is stopped") {
  HiccupMeter meter;
  CHECK(eventually([&] { return meter.sleeps() >= 1; }));
  const Histogram late = meter.stop();
  CHECK(late.count() >= 1);
}

TEST_CASE("Hiccup meter: stopped at once, also by its destructor") {
  HiccupMeter meter;
  meter.restart();
}

TEST_CASE("Hiccup meter: the clock moves") {
  const profile::ClockFacts facts = profile::measure_clock();
  CHECK(facts.resolution > Duration{});
  CHECK(facts.resolution < milliseconds(100));
  CHECK(facts.cost < milliseconds(1));
}

}  // namespace
}  // namespace hawser::test
