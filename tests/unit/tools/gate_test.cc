#include "tools/profile/gate.h"

#include <doctest/doctest.h>

#include <string>

#include "tools/profile/outcome.h"

namespace hawser::test {
namespace {

using profile::Gate;
using profile::judge;
using profile::RunResult;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// 10,000 calls in 10 s that took 1 to 100 ms.
RunResult good_run() {
  RunResult run;
  run.elapsed = seconds(10);
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  for (int i = 0; i < 10'000; ++i) run.parts[0].load.round_trip.record(milliseconds(1 + i / 100));
  run.parts[0].load.by_status[0] = 10'000;
  return run;
}

RunResult with_errors(std::uint64_t errors) {
  RunResult run = good_run();
  run.parts[0].load.by_status[14] = errors;
  return run;
}

std::string reason(const char* text, const RunResult& run) {
  const auto gate = Gate::parse(text);
  REQUIRE_MESSAGE(gate, text);
  return gate->judge(run);
}

TEST_CASE("Gate: what holds") {
  for (const char* text : {"p99>98ms", "p50>=50ms", "p50<51ms", "mean>50ms", "mean<=51ms", "min<=1ms",
                           "max>99ms", "throughput<1001", "throughput>=1000", "p99 > 98ms", "echo.p99>98ms",
                           "p12.5>1us", "echo.max>=100ms", "errors>=0"}) {
    CAPTURE(text);
    CHECK(reason(text, good_run()).starts_with(std::string(text) + ": it is "));
  }
}

TEST_CASE("Gate: what doesn't") {
  for (const char* text : {"p99>100ms", "p50>51ms", "p50<50ms", "mean>51ms", "min<1ms", "max>101ms",
                           "throughput<1000", "errors>0", "errors>0%", "echo.p50>1s"}) {
    CAPTURE(text);
    CHECK(reason(text, good_run()) == "");
  }
}

TEST_CASE("Gate: errors as a number and as a share") {
  CHECK(reason("errors>0", with_errors(1)) == "errors>0: it is 1");
  CHECK(reason("errors>1", with_errors(1)) == "");
  CHECK(reason("errors>0.1%", with_errors(100)) == "errors>0.1%: it is 0.9901 %");
  CHECK(reason("errors>1%", with_errors(100)) == "");
}

TEST_CASE("Gate: a percentile without the samples for it fails") {
  CHECK(reason("p99.9>10s", good_run()) == "p99.9>10s: 10000 calls don't support it, 100000 would");
  RunResult few = good_run();
  few.parts[0].load.round_trip = {};
  for (int i = 0; i < 9999; ++i) few.parts[0].load.round_trip.record(milliseconds(1));
  CHECK(reason("p99>10s", few) == "p99>10s: 9999 calls don't support it, 10000 would");
  CHECK(reason("p50>10s", few) == "");
  few.parts[0].load.round_trip = {};
  CHECK(reason("max>10s", few) == "max>10s: no call succeeded");
}

TEST_CASE("Gate: in an open loop the latency is that from the intended time") {
  RunResult run = good_run();
  run.parts[0].is_open = true;
  run.parts[0].load.intended.record(seconds(3));
  CHECK(reason("max>1s", run) == "max>1s: it is 3.00 s");
}

TEST_CASE("Gate: of one service, or of each") {
  RunResult run = good_run();
  CHECK(reason("crypto.max>10s", run) == "crypto.max>10s: the run has no crypto");
  run.parts.push_back(run.parts[0]);
  run.parts[1].name = profile::kCryptoName;
  run.parts[1].load.round_trip.record(seconds(5));
  CHECK(reason("max>1s", run) == "max>1s: it is 5.00 s with crypto");
  CHECK(reason("echo.max>1s", run) == "");
  CHECK(reason("crypto.max>1s", run) == "crypto.max>1s: it is 5.00 s with crypto");
}

TEST_CASE("Gate: what is none") {
  for (const char* text : {"", "p99", "p99=1ms", ">1ms", "p99>", "p0>1ms", "p100>1ms", "p>1ms", "p99>1parsec",
                           "p99>>1ms", "latency>1ms", "errors>many", "errors>-1", "throughput<1ms",
                           "other.p99>1ms", "p99>1ms>2ms", "p99>5%", "pnan>1ms"}) {
    CAPTURE(text);
    const auto gate = Gate::parse(text);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().scope == ErrorScope::kUsage);
  }
}

TEST_CASE("Verdict: exit codes") {
  const std::vector<Gate> none;
  const std::vector<Gate> slow = {*Gate::parse("p99>1s")};
  const std::vector<Gate> strict = {*Gate::parse("p99>1s"), *Gate::parse("p99>1ms"), *Gate::parse("max>1ms")};
  const std::vector<Gate> lenient = {*Gate::parse("errors>5%")};
  CHECK(judge(good_run(), none).exit_code == 0);
  CHECK(judge(good_run(), slow).exit_code == 0);
  CHECK(judge(good_run(), strict).exit_code == 3);
  CHECK(judge(good_run(), strict).reasons.size() == 2);
  CHECK(judge(with_errors(1), none).exit_code == 1);
  CHECK(judge(with_errors(1), slow).exit_code == 1);
  CHECK(judge(with_errors(1), lenient).exit_code == 0);
  CHECK(judge(with_errors(9000), lenient).exit_code == 3);
  CHECK(judge(RunResult(), lenient).exit_code == 3);
}

TEST_CASE("Verdict: a run in which the generator lagged fails, and fails its gates") {
  RunResult run = good_run();
  run.parts[0].is_open = true;
  run.parts[0].load.intended = run.parts[0].load.round_trip;
  for (int i = 0; i < 10'000; ++i) run.parts[0].load.generator_lag.record(milliseconds(3));
  run.facts.lag_limit = milliseconds(1);
  CHECK(judge(run, {}).exit_code == 1);
  REQUIRE(judge(run, {}).reasons.size() == 1);
  CHECK(judge(run, {}).reasons[0].find("itself lagged") != std::string::npos);
  CHECK(judge(run, {*Gate::parse("p99>1s")}).exit_code == 3);
}

}  // namespace
}  // namespace hawser::test
