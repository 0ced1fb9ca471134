#include "tools/profile/comparison.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tools/profile/figures.h"
#include "unit/tools/sample_run.h"

namespace hawser::test {
namespace {

using profile::Compared;
using profile::ComparedNumber;
using profile::Comparison;
using profile::NamedRun;
using profile::RunResult;
using std::chrono::microseconds;
using std::chrono::milliseconds;

const ComparedNumber& number_of(const Comparison& comparison, const std::string& name) {
  const auto& numbers = comparison.parts.at(0).numbers;
  const auto found =
      std::find_if(numbers.begin(), numbers.end(), [&](const auto& one) { return one.name == name; });
  REQUIRE(found != numbers.end());
  return *found;
}

std::vector<NamedRun> two() {
  return {{"one.json", even_run(20, microseconds(100))}, {"two.json", even_run(20, microseconds(200))}};
}

TEST_CASE("Comparison: numbers are the runs', ratios to the first") {
  const auto runs = two();
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  REQUIRE(comparison->parts.size() == 1);
  CHECK(comparison->parts[0].title == "echo");
  for (const profile::Figure& figure : profile::figures()) {
    CAPTURE(figure.name);
    const ComparedNumber& number = number_of(*comparison, std::string(figure.name) + ", us");
    REQUIRE(number.runs.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(*number.runs[i].value == profile::microseconds(figure.value(runs[i].run.parts[0].headline())));
    }
    CHECK_FALSE(number.runs[0].ratio);
    CHECK(*number.runs[1].ratio == doctest::Approx(2).epsilon(0.002));
  }
  const ComparedNumber& rate = number_of(*comparison, "calls/s");
  CHECK(*rate.runs[0].value == doctest::Approx(10000));
  CHECK(*rate.runs[1].ratio == doctest::Approx(1));
  CHECK(*number_of(*comparison, "client CPU, us").runs[1].value == doctest::Approx(5));
  CHECK(*number_of(*comparison, "errors, %").runs[0].value == 0);
}

TEST_CASE("Comparison: a difference is one when the ratio's range leaves 1 out") {
  const auto runs = two();
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  CHECK(number_of(*comparison, "p50, us").runs[1].differs());
  CHECK(number_of(*comparison, "mean, us").runs[1].differs());
  CHECK_FALSE(number_of(*comparison, "calls/s").runs[1].differs());
  CHECK_FALSE(number_of(*comparison, "max, us").runs[1].differs());  // has no range
  const std::vector<NamedRun> same = {runs[0], runs[0]};
  const auto alike = profile::compare(same);
  REQUIRE(alike);
  for (const ComparedNumber& number : alike->parts[0].numbers) CHECK_FALSE(number.runs[1].differs());
}

TEST_CASE("Comparison: percentiles with too few calls have no range") {
  const auto runs = two();  // of 20,000 calls
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  CHECK(number_of(*comparison, "p99, us").runs[1].is_supported);
  CHECK(number_of(*comparison, "p99, us").runs[1].ratio_range);
  const Compared& few = number_of(*comparison, "p99.9, us").runs[1];
  CHECK_FALSE(few.is_supported);
  CHECK_FALSE(few.range);
  CHECK_FALSE(few.ratio_range);
  CHECK(few.value);
}

TEST_CASE("Comparison: stages are compared where servers told them") {
  auto runs = two();
  const auto has_stages = [](const Comparison& comparison) {
    const auto& numbers = comparison.parts.at(0).numbers;
    return std::any_of(numbers.begin(), numbers.end(),
                       [](const auto& one) { return one.name == "handler p50, us"; });
  };
  CHECK_FALSE(has_stages(*profile::compare(runs)));
  const auto tell = [](RunResult& run, int calls, Duration handler) {
    profile::LoadResult& load = run.parts[0].load;
    for (int i = 0; i < calls; ++i) {
      for (auto stage : {&profile::LoadResult::client_queue, &profile::LoadResult::server_queue,
                         &profile::LoadResult::reply_write, &profile::LoadResult::wire}) {
        (load.*stage).record(microseconds(1));
      }
      load.handler.record(handler);
    }
  };
  tell(runs[1].run, 1000, microseconds(30));
  SUBCASE("in one of two") {
    const auto comparison = profile::compare(runs);
    REQUIRE(comparison);
    CHECK_FALSE(number_of(*comparison, "handler p50, us").runs[0].value);
    CHECK_FALSE(number_of(*comparison, "wire p50, us").runs[0].value);
    CHECK_FALSE(number_of(*comparison, "handler p50, us").runs[1].ratio);
    CHECK(profile::text_comparison(runs, *comparison).find("\nhandler p50, us") != std::string::npos);
  }
  SUBCASE("in both") {
    tell(runs[0].run, 20'000, microseconds(10));
    const auto comparison = profile::compare(runs);
    REQUIRE(comparison);
    const ComparedNumber& median = number_of(*comparison, "handler p50, us");
    CHECK(*median.runs[1].ratio == doctest::Approx(3).epsilon(0.01));
    CHECK(median.runs[1].is_supported);
    CHECK(number_of(*comparison, "handler p99, us").runs[0].is_supported);
    CHECK_FALSE(number_of(*comparison, "handler p99, us").runs[1].is_supported);
    for (const char* stage : {"client queue", "server queue", "reply write", "wire"}) {
      CHECK(*number_of(*comparison, std::string(stage) + " p99, us").runs[1].ratio == doctest::Approx(1));
    }
  }
}

TEST_CASE("Comparison: too short a run has numbers without ranges") {
  const std::vector<NamedRun> runs = {{"a", even_run(5, microseconds(100))},
                                      {"b", even_run(20, microseconds(100))}};
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  const ComparedNumber& median = number_of(*comparison, "p50, us");
  CHECK_FALSE(median.runs[0].range);
  CHECK(median.runs[1].range);
  CHECK(median.runs[1].ratio);
  CHECK_FALSE(median.runs[1].ratio_range);
}

TEST_CASE("Comparison: what one of the runs doesn't have") {
  auto runs = two();
  runs[1].run.server = {7, milliseconds(200)};
  runs.push_back(runs[1]);
  runs[2].run.parts.push_back(runs[2].run.parts[0]);
  runs[2].run.parts[1].name = profile::kCryptoName;
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  REQUIRE(comparison->parts.size() == 2);
  const ComparedNumber& server = number_of(*comparison, "server CPU, us");
  CHECK_FALSE(server.runs[0].value);
  CHECK(*server.runs[1].value == doctest::Approx(10));
  CHECK_FALSE(server.runs[1].ratio);
  CHECK_FALSE(comparison->parts[1].numbers[0].runs[0].value);
  CHECK(comparison->parts[1].numbers[0].runs[2].value);
  CHECK_FALSE(profile::text_comparison(runs, *comparison).empty());

  runs.resize(2);
  runs[1].run.parts[0].name = profile::kCallName;
  runs[1].run.parts[0].method = "/a.B/C";
  const auto none = profile::compare(runs);
  REQUIRE_FALSE(none);
  CHECK(none.error().scope == ErrorScope::kUsage);
  CHECK(none.error().detail == "nothing to compare: one.json is of echo, two.json of /a.B/C");
}

TEST_CASE("Comparison: warnings of what makes numbers incomparable") {
  auto runs = two();
  CHECK(profile::compare(runs)->warnings.empty());
  RunResult& second = runs[1].run;
  second.facts.kernel = "Linux 7";
  second.parts[0].is_open = true;
  second.parts[0].load.intended = second.parts[0].load.round_trip;
  second.parts[0].load.generator_lag.record(milliseconds(5));
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  REQUIRE(comparison->warnings.size() == 3);
  CHECK(comparison->warnings[0].starts_with("b lagged"));
  CHECK(comparison->warnings[1].starts_with("echo is an open loop in one of a and b"));
  CHECK(comparison->warnings[2] == "b ran on another machine or kernel than a");
}

TEST_CASE("Comparison: the table") {
  const auto runs = two();
  const std::string text = profile::text_comparison(runs, *profile::compare(runs));
  CHECK(text.find("b  two.json: hawser-profile 1.2.3") != std::string::npos);
  CHECK(text.find("\np50, us") != std::string::npos);
  CHECK(text.find("[2.000, 2.000] *\n") != std::string::npos);
  CHECK(text.find("? rests on too few calls\n") != std::string::npos);
  CHECK(text.find(" \n") == std::string::npos);
  CHECK(profile::letter_of(25) == "z");
  CHECK(profile::letter_of(26) == "a1");
}

}  // namespace
}  // namespace hawser::test
