#include "tools/profile/knee.h"

#include <doctest/doctest.h>

#include <string>

namespace hawser::test {
namespace {

using profile::Knee;
using profile::KneeSearch;
using profile::KneeStep;
using profile::LatencyBound;
using profile::RunResult;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = KneeStep::Outcome;

LatencyBound bound(const char* text) {
  const auto parsed = LatencyBound::parse(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

/// Finds a knee that is at `rate`; beyond `lag` the generator lags.
Knee search_for(double rate, double lag = 1e12, KneeSearch search = {}) {
  const auto knee = profile::find_knee(search, [&](double tried) -> Result<KneeStep> {
    return KneeStep{.rate = tried,
                    .outcome = tried > lag     ? Outcome::kLagged
                               : tried <= rate ? Outcome::kKept
                                               : Outcome::kBroken};
  });
  REQUIRE(knee);
  return *knee;
}

TEST_CASE("Knee: it is found to the precision, in few steps") {
  for (const double rate : {3.0, 70.0, 100.0, 101.0, 12'345.0, 777'777.0}) {
    CAPTURE(rate);
    const Knee knee = search_for(rate);
    CHECK(knee.rate <= rate);
    CHECK(knee.rate >= rate / 1.06);
    CHECK(knee.steps.size() <= 20);
    CHECK_FALSE(knee.is_limited_by_generator);
  }
}

TEST_CASE("Knee: a server that keeps no rate has none") {
  const Knee knee = search_for(0);
  CHECK(knee.rate == 0);
  CHECK(knee.steps.size() <= 8);
}

TEST_CASE("Knee: the highest rate is tried, and not passed") {
  const Knee knee = search_for(1e9, 1e12, {.highest_rate = 5000});
  CHECK(knee.rate == 5000);
  CHECK(knee.steps.size() == 7);
}

TEST_CASE("Knee: when the generator is what breaks, that is said") {
  const Knee knee = search_for(1e9, 30'000);
  CHECK(knee.rate > 28'000);
  CHECK(knee.is_limited_by_generator);
  const std::string text = profile::text_knee(bound("p99<1ms"), knee);
  CHECK(text.find("the server may do more") != std::string::npos);
}

TEST_CASE("Knee: an error of a run ends the search") {
  int runs = 0;
  const auto knee = profile::find_knee({}, [&](double) -> Result<KneeStep> {
    ++runs;
    return usage_error("no");
  });
  CHECK_FALSE(knee);
  CHECK(runs == 1);
}

TEST_CASE("Knee: bounds") {
  CHECK(bound("p99<1ms").percent() == 99);
  CHECK(bound("p99.9<=1s").percent() == 99.9);
  CHECK(bound("max<1s").percent() == 100);
  profile::Histogram latency;
  latency.record(milliseconds(5));
  CHECK(bound("max<=5ms").is_kept(latency));
  CHECK_FALSE(bound("max<5ms").is_kept(latency));
  CHECK(bound("p50<6ms").is_kept(latency));
  CHECK(bound("p99<1ms").needed_time(1000) == seconds(11));
  for (const char* text :
       {"", "p99", "p99>1ms", "<1ms", "p0<1ms", "p100<1ms", "p99<", "mean<1ms", "p99<fast"}) {
    CAPTURE(text);
    REQUIRE_FALSE(LatencyBound::parse(text));
    CHECK(LatencyBound::parse(text).error().scope == ErrorScope::kUsage);
  }
}

RunResult run_of(std::uint64_t calls, Duration latency) {
  RunResult run;
  run.facts.lag_limit = milliseconds(1);
  run.parts.emplace_back();
  run.parts[0].is_open = true;
  run.parts[0].load.intended.record_bucket(profile::Histogram::index_of(latency), calls);
  run.parts[0].load.by_status[0] = calls;
  return run;
}

TEST_CASE("Knee: how a run is judged") {
  const LatencyBound p99 = bound("p99<10ms");
  CHECK(profile::judge_step(5, p99, run_of(10'000, milliseconds(9))).outcome == Outcome::kKept);
  CHECK(profile::judge_step(5, p99, run_of(10'000, milliseconds(11))).outcome == Outcome::kBroken);
  CHECK(profile::judge_step(5, p99, run_of(9'999, milliseconds(9))).outcome == Outcome::kBroken);
  RunResult failing = run_of(10'000, milliseconds(9));
  failing.parts[0].load.by_status[14] = 1;
  failing.parts[0].load.first_failure = "UNAVAILABLE: no";
  CHECK(profile::judge_step(5, p99, failing).reason == "1 calls failed: UNAVAILABLE: no");
  RunResult lagging = run_of(10'000, milliseconds(11));
  lagging.parts[0].load.generator_lag.record(seconds(1));
  CHECK(profile::judge_step(5, p99, lagging).outcome == Outcome::kLagged);
  RunResult in_spite = run_of(10'000, milliseconds(9));
  in_spite.parts[0].load.generator_lag.record(seconds(1));
  CHECK(profile::judge_step(5, p99, in_spite).outcome == Outcome::kKept);
}

TEST_CASE("Knee: for people and for programs") {
  Knee knee = search_for(12'345);
  knee.steps[0].value = milliseconds(1);
  const std::string text = profile::text_knee(bound("p99<1ms"), knee);
  CHECK(text.find("       100  kept, it was 1.00 ms\n") != std::string::npos);
  CHECK(text.find(" calls/s keep p99<1ms\n") != std::string::npos);
  const std::string json = profile::json_knee(bound("p99<1ms"), knee);
  CHECK(json.starts_with("{\"bound\":\"p99<1ms\",\"knee_per_s\":"));
  CHECK(json.find("{\"rate_per_s\":100.000,\"outcome\":\"kept\",\"value_us\":1000.000}") !=
        std::string::npos);
  CHECK(profile::text_knee(bound("p99<1ms"), search_for(0)).find("none") != std::string::npos);
}

}  // namespace
}  // namespace hawser::test
