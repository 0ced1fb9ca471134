#include "tools/profile/exports.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tools/profile/deflate.h"
#include "tools/profile/progress.h"

namespace hawser::test {
namespace {

using profile::RunResult;
using profile::Timeline;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kExportsStart{seconds(1000)};

RunResult run_of(int calls) {
  RunResult run;
  run.facts.version = "1.2.3";
  run.facts.began_at_s = 1700000000.5;
  run.elapsed = seconds(2);
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  run.parts[0].load.timeline = Timeline(kExportsStart, seconds(1));
  for (int i = 1; i <= calls; ++i) {
    run.parts[0].load.round_trip.record(milliseconds(i));
    run.parts[0].load.timeline.record(kExportsStart + milliseconds(i), milliseconds(i), true);
  }
  run.parts[0].load.timeline.close();
  run.parts[0].load.by_status[0] = static_cast<std::uint64_t>(calls);
  return run;
}

RunResult both() {
  RunResult run = run_of(1500);
  run.parts.push_back(run.parts[0]);
  run.parts[1].name = profile::kCryptoName;
  run.parts[1].operation = "sign";
  run.parts[1].algorithm = "a,\"b\"";
  return run;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("CSV: a row for each kind of latency that there is") {
  const auto lines = lines_of(profile::csv_report(run_of(1000)));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "service,measure,count,min_us,mean_us,p50_us,p90_us,p99_us,p99_9_us,p99_99_us,max_us");
  CHECK(lines[1].starts_with("echo,round_trip,1000,1000.000,500500.000,"));
  CHECK(lines[1].ends_with(",1000000.000"));
  CHECK(profile::csv_report(both()).find("\n\"crypto sign a,\"\"b\"\"\",round_trip,") != std::string::npos);
}

TEST_CASE("CSV: a row for each interval") {
  const auto lines = lines_of(profile::csv_timeline(run_of(1500)));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("service,begin_s,length_s,ok,failed,ok_per_s,min_us,"));
  CHECK(lines[1].starts_with("echo,0.000,1.000,999,0,999.0,"));
  CHECK(lines[2].starts_with("echo,1.000,1.000,501,0,501.0,"));
}

TEST_CASE("Percentile file: HdrHistogram's form, and its numbers") {
  const auto lines = lines_of(profile::hgrm_report(run_of(1000)));
  REQUIRE(lines.size() > 20);
  CHECK(lines[0] == "       Value     Percentile TotalCount 1/(1-Percentile)");
  CHECK(lines[1] == "");
  CHECK(lines[lines.size() - 3].starts_with("#[Mean    =   500.500000, StdDeviation   =   288."));
  CHECK(lines[lines.size() - 2] == "#[Max     =  1000.000000, Total count    =         1000]");
  CHECK(lines[lines.size() - 1] == "#[Buckets =           32, SubBuckets     =         2048]");
  double last_value = 0;
  double last_percentile = -1;
  for (std::size_t i = 2; i + 3 < lines.size(); ++i) {
    std::istringstream row(lines[i]);
    double value = 0;
    double percentile = 0;
    double count = 0;
    REQUIRE((row >> value >> percentile >> count));
    CHECK(value >= last_value);
    CHECK(percentile > last_percentile);
    CHECK(count >= percentile * 1000 - 1e-6);
    CHECK(value == doctest::Approx(count).epsilon(0.001));  // the n-th took n ms
    last_value = value;
    last_percentile = percentile;
  }
  CHECK(last_percentile == 1);
  CHECK(last_value == 1000);
}

TEST_CASE("Percentile file: the steps are HdrHistogram's") {
  const std::string text = profile::hgrm_report(run_of(1000));
  for (const char* percentile : {" 0.000000000000 ", " 0.100000000000 ", " 0.500000000000 ",
                                 " 0.550000000000 ", " 0.750000000000 ", " 0.775000000000 "}) {
    CAPTURE(percentile);
    CHECK(text.find(percentile) != std::string::npos);
  }
}

TEST_CASE("Percentile file: without a call, and of two services") {
  CHECK(lines_of(profile::hgrm_report(run_of(0))).size() == 5);
  const std::string text = profile::hgrm_report(both());
  CHECK(text.find("#[Max") != text.rfind("#[Max"));
}

TEST_CASE("HdrHistogram log: a line for each interval") {
  const auto log = profile::hlog_report(run_of(1500));
  if (!profile::deflate("x")) {
    CHECK_FALSE(log);
    return;
  }
  REQUIRE(log);
  const auto lines = lines_of(*log);
  REQUIRE(lines.size() == 6);
  CHECK(lines[1] == "#[Histogram log format version 1.3]");
  CHECK(lines[2] == "#[StartTime: 1700000000.500 (seconds since epoch)]");
  CHECK(lines[4].starts_with("0.000,1.000,999."));
  CHECK(lines[4].find(",HISTFAAA") != std::string::npos);
  CHECK(lines[5].starts_with("1.000,1.000,150"));
  const auto tagged = profile::hlog_report(both());
  REQUIRE(tagged);
  CHECK(tagged->find("\nTag=echo,0.000,") != std::string::npos);
  CHECK(tagged->find("\nTag=crypto,0.000,") != std::string::npos);
}

TEST_CASE("Progress: what people see while a run lasts") {
  profile::Progress progress;
  progress.elapsed = seconds(2);
  progress.calls = 5000;
  for (int i = 1; i <= 100; ++i) progress.recent.record(milliseconds(i));
  CHECK(profile::progress_line(progress, seconds(8), 2000, seconds(1)) ==
        "[#####---------------]  25 %  2000 calls/s  p50 50.0 ms  p99 99.0 ms");
  progress.failed = 3;
  CHECK(profile::progress_line(progress, {}, 2000, milliseconds(500)) ==
        "4000 calls/s  p50 50.0 ms  p99 99.0 ms  3 failed");
  progress.elapsed = seconds(20);
  CHECK(profile::progress_line(progress, seconds(8), 0, {})
            .starts_with("[####################] 100 %  0 calls/s"));
  progress.elapsed = milliseconds(-1500);
  CHECK(profile::progress_line(progress, seconds(8), 0, {}) == "warm-up, for another 1.50 s");
}

}  // namespace
}  // namespace hawser::test
