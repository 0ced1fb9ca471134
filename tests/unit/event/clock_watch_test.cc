#include "hawser/event/clock_watch.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "support/fd_count.h"
#include "support/loops.h"

namespace hawser::event {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ClockGap::Readings kStart{
    .monotonic = seconds(100), .boottime = seconds(150), .realtime = hours(400000)};

ClockGap::Readings after(Duration passed, Duration slept = {}, Duration set = {}) {
  return {.monotonic = kStart.monotonic + passed,
          .boottime = kStart.boottime + passed + slept,
          .realtime = kStart.realtime + passed + slept + set};
}

TEST_CASE("ClockGap: time that passes on all clocks is none") {
  ClockGap gap(kStart);
  CHECK(gap.widen(kStart) == Duration::zero());
  CHECK(gap.widen(after(hours(5))) == Duration::zero());
}

TEST_CASE("ClockGap: sleep and a clock that was set, forth or back, are told once each (V-15)") {
  ClockGap gap(kStart);
  CHECK(gap.widen(after(seconds(1), hours(2))) == hours(2));
  CHECK(gap.widen(after(seconds(2), hours(2))) == Duration::zero());
  CHECK(gap.widen(after(seconds(3), hours(2), seconds(30))) == seconds(30));
  CHECK(gap.widen(after(seconds(4), hours(2), -seconds(30))) == seconds(60));
}

TEST_CASE("ClockGap: a clock that goes back while the machine slept hides nothing") {
  ClockGap gap(kStart);
  CHECK(gap.widen(after(seconds(1), seconds(50), -seconds(50))) == seconds(50));
}

struct Listening {
  void on_jump(Duration length) { jumps.push_back(length); }
  std::vector<Duration> jumps;
  ClockWatch::Listener listener{ClockWatch::Listener::Jumped::bind<&Listening::on_jump>(*this)};
};

TEST_CASE("ClockWatch: without listeners it has no descriptor, with any number of them one") {
  const auto loop = test::make_loop();
  const test::FdCount fds;
  ClockWatch watch(*loop);
  CHECK(fds.grown_by() == 0);
  Listening first;
  Listening second;
  watch.add(first.listener);
  watch.add(first.listener);
  watch.add(second.listener);
  CHECK(fds.grown_by() == 1);
}

TEST_CASE("ClockWatch: all listeners are told, those that left are not") {
  const auto loop = test::make_loop();
  ClockWatch watch(*loop);
  Listening stays;
  {
    Listening leaves;
    watch.add(leaves.listener);
    watch.add(stays.listener);
    watch.tell(seconds(5));
    CHECK(leaves.jumps == std::vector<Duration>{seconds(5)});
  }
  watch.tell(seconds(7));
  CHECK(stays.jumps == std::vector<Duration>{seconds(5), seconds(7)});
}

TEST_CASE("ClockWatch: time that only passes is no news") {
  const auto loop = test::make_loop();
  ClockWatch watch(*loop);
  Listening listening;
  watch.add(listening.listener);
  test::run_ready(*loop);
  CHECK(listening.jumps.empty());
}

}  // namespace
}  // namespace hawser::event
