#include "hawser/event/precise_timer.h"

#include <doctest/doctest.h>

#include <memory>

#include "hawser/event/loop.h"
#include "support/loops.h"

namespace hawser::event {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using test::Callable;

struct PreciseTimerFixture {
  std::unique_ptr<Loop> loop = std::move(*Loop::create());
  int runs = 0;
  Instant ran_at{};
  Callable<> run{[this] {
    ++runs;
    ran_at = Clock::now();
  }};
  std::unique_ptr<PreciseTimer> timer = std::move(*PreciseTimer::create(*loop, run.delegate()));

  void turn_until_runs(int count) {
    while (runs < count) loop->run_once(Loop::kForever);
  }
};

TEST_CASE_FIXTURE(PreciseTimerFixture, "PreciseTimer: never early, also between milliseconds") {
  for (const int us : {0, 50, 333, 1700}) {
    CAPTURE(us);
    const Instant due = Clock::now() + microseconds(us);
    const int before = runs;
    timer->arm(due);
    turn_until_runs(before + 1);
    CHECK(ran_at >= due);
  }
}

TEST_CASE_FIXTURE(PreciseTimerFixture, "PreciseTimer: what is past is due at once, and once") {
  timer->arm(Instant{});
  turn_until_runs(1);
  loop->run_once(Duration{});
  loop->run_once(milliseconds(2));
  CHECK(runs == 1);
}

TEST_CASE_FIXTURE(PreciseTimerFixture, "PreciseTimer: the last arming counts") {
  timer->arm(Clock::now() + hours(1));
  const Instant due = Clock::now() + microseconds(200);
  timer->arm(due);
  turn_until_runs(1);
  CHECK(ran_at >= due);
}

TEST_CASE_FIXTURE(PreciseTimerFixture, "PreciseTimer: disarmed it doesn't run, even when it was due") {
  timer->arm(Instant{});
  timer->disarm();
  loop->run_once(milliseconds(2));
  loop->run_once(Duration{});
  CHECK(runs == 0);
}

TEST_CASE_FIXTURE(PreciseTimerFixture, "PreciseTimer: a callback may arm it again") {
  Callable<> again{[&] {
    if (++runs < 5) timer->arm(Clock::now() + microseconds(10));
  }};
  timer = std::move(*PreciseTimer::create(*loop, again.delegate()));
  timer->arm(Clock::now());
  turn_until_runs(5);
  loop->run_once(milliseconds(1));
  CHECK(runs == 5);
}

}  // namespace
}  // namespace hawser::event
