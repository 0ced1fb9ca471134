#include "tools/profile/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

namespace hawser::test {
namespace {

using profile::Schedule;
using profile::ScheduleWalk;
using std::chrono::milliseconds;
using std::chrono::seconds;

Schedule schedule(const char* text) {
  auto parsed = Schedule::parse(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

TEST_CASE("Schedule: steps, ramps, and their text again") {
  for (const char* text : {"1000:10s", "1000:10s,2000:500ms", "1000..5000:30s", "0.5:4s", "0:1s,10:1s",
                           "0..100:2s,100..0:2s", "250000:1s"}) {
    CAPTURE(text);
    CHECK(schedule(text).text() == text);
  }
  CHECK(schedule("1000:10s,2000:500ms").length() == milliseconds(10'500));
  CHECK(schedule("1000:10s,2000:500ms").calls() == doctest::Approx(11'000));
  CHECK(schedule("1000..5000:2s").calls() == doctest::Approx(6000));
}

TEST_CASE("Schedule: what is none") {
  for (const char* text :
       {"", ",", "1000", "1000:", ":1s", "1000:10s,", "x:1s", "1..:1s", "..5:1s", "-1:1s", "1e9:1s", "nan:1s",
        "1000:0", "0:10s", "0.1:1s", "1000:10s 2000:10s", "999999999999:1s"}) {
    CAPTURE(text);
    const auto parsed = Schedule::parse(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().scope == ErrorScope::kUsage);
    CHECK_FALSE(parsed.error().detail.empty());
  }
}

TEST_CASE("Schedule: the warm-up runs at the first rate") {
  CHECK(schedule("10..20:1s").after_warmup(seconds(2)).text() == "10:2s,10..20:1s");
  CHECK(schedule("10:1s").after_warmup({}).text() == "10:1s");
}

TEST_CASE("Schedule walk: calls at a constant rate have equal distances") {
  const Schedule steady = schedule("1000:1s");
  ScheduleWalk walk(steady);
  for (int i = 0; i < 1000; ++i) REQUIRE(walk.time_of(i) == milliseconds(i));
  CHECK_FALSE(walk.time_of(1000));
}

TEST_CASE("Schedule walk: a step changes the distance at its time, a pause has no calls") {
  const Schedule steps = schedule("10:1s,0:5s,100:1s");
  ScheduleWalk walk(steps);
  CHECK(walk.time_of(9) == milliseconds(900));
  CHECK(walk.time_of(10) == milliseconds(6000));
  CHECK(walk.time_of(11) == milliseconds(6010));
  CHECK(walk.time_of(109) == milliseconds(6990));
  CHECK_FALSE(walk.time_of(110));
}

TEST_CASE("Schedule walk: on a ramp as many calls have come as the rates add up to") {
  for (const char* text : {"100..1000:10s", "1000..100:10s", "0..1000:10s", "1000..0:10s"}) {
    CAPTURE(text);
    const Schedule ramp = schedule(text);
    const double from = ramp.phases().front().from;
    const double slope = (ramp.phases().front().to - from) / 10;
    ScheduleWalk walk(ramp);
    Duration last{};
    const int calls = static_cast<int>(ramp.calls());
    for (int i = 0; i < calls; ++i) {
      const auto time = walk.time_of(i);
      REQUIRE(time);
      REQUIRE(*time >= last);
      last = *time;
      const double t = std::chrono::duration<double>(*time).count();
      REQUIRE(from * t + slope * t * t / 2 == doctest::Approx(i).epsilon(1e-6));
    }
    CHECK(last <= seconds(10));
    CHECK_FALSE(walk.time_of(calls + 1));
  }
}

}  // namespace
}  // namespace hawser::test
