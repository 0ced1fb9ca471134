#include "tools/profile/stock/ratios.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tools/profile/figures.h"
#include "tools/profile/slices.h"
#include "tools/profile/stock/ratio_gate.h"
#include "unit/tools/stock_sample.h"

namespace hawser::test {
namespace {

using profile::kHawser;
using profile::kStock;
using profile::LoadConfig;
using profile::RatioGate;
using profile::RunResult;
using profile::StockRatio;
using profile::StockResult;
using profile::StockSample;
using std::chrono::microseconds;
using std::chrono::milliseconds;

StockRatio row_of(const StockResult& result, const std::string& gate) {
  const auto table = profile::ratios_of(result.loads.at(0));
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const StockRatio& row) { return gate == row.metric->gate; });
  REQUIRE(found != table.end());
  return *found;
}

TEST_CASE("Stock ratios: a ratio is the median of those of neighbours, with their extremes") {
  const StockResult result = stock_result({{20, 4}, {30, 3}, {10, 5}});
  const StockRatio cpu = row_of(result, "cpu");
  CHECK(*cpu.values[kStock] == doctest::Approx(20));  // of all calls together
  CHECK(*cpu.values[kHawser] == doctest::Approx(4));
  CHECK(*cpu.ratio == doctest::Approx(0.2));
  REQUIRE(cpu.range);
  CHECK(cpu.range->least == doctest::Approx(0.1));
  CHECK(cpu.range->greatest == doctest::Approx(0.5));
  CHECK(*row_of(result, "rss").ratio == doctest::Approx(0.5));
  CHECK(*row_of(result, "throughput").ratio == doctest::Approx(1));
  CHECK(*row_of(result, "p50").ratio == doctest::Approx(0.5).epsilon(0.002));
}

TEST_CASE("Stock ratios: one round has no range") {
  const StockRatio cpu = row_of(stock_result({{20, 4}}), "cpu");
  CHECK(*cpu.ratio == doctest::Approx(0.2));
  CHECK_FALSE(cpu.range);
}

TEST_CASE("Stock ratios: the median of an even number is between the two in the middle") {
  CHECK(profile::median({4, 1, 3, 2}) == 2.5);
  CHECK(profile::median({3, 1, 2}) == 2);
}

TEST_CASE("Stock ratios: a percentile that only all rounds together have the calls for") {
  const StockResult result = stock_result({{20, 4}, {20, 4}}, 6);  // p99 needs 10,000; a round has 6,000
  const StockRatio p99 = row_of(result, "p99");
  CHECK(p99.is_sure());
  CHECK(*p99.ratio == doctest::Approx(0.5).epsilon(0.002));
  CHECK_FALSE(p99.range);
  const StockRatio rare = row_of(result, "p99.9");
  CHECK_FALSE(rare.is_sure());
  CHECK(rare.ratio);
  CHECK_FALSE(rare.range);
}

TEST_CASE("Stock ratios: what isn't known of one server has no ratio") {
  StockResult result = stock_result({{20, 4}, {20, 4}});
  result.loads[0].rounds[1][kHawser].run.server.reset();
  result.loads[0].rounds[0][kStock].peak_rss_mib.reset();
  CHECK_FALSE(row_of(result, "cpu").values[kHawser]);
  CHECK_FALSE(row_of(result, "cpu").ratio);
  CHECK_FALSE(row_of(result, "rss").values[kStock]);
  CHECK_FALSE(row_of(result, "rss").ratio);
}

TEST_CASE("Stock ratios: rounds as one have all calls, times and intervals") {
  StockResult result = stock_result({{20, 4}, {30, 4}, {10, 4}}, 12);
  // The second round waited for calls in flight: an interval begins after its time.
  RunResult& late = result.loads[0].rounds[1][kStock].run;
  auto intervals = late.parts[0].load.timeline.intervals();
  intervals.push_back({7, 0, {}});
  late.parts[0].load.timeline = profile::Timeline(milliseconds(100), std::move(intervals));
  late.parts[0].load.by_status[0] += 7;
  late.elapsed += milliseconds(20);
  const StockSample all = profile::merged(result.loads[0], kStock);
  CHECK(all.run.calls() == 36'007);
  CHECK(all.run.elapsed == milliseconds(3620));
  CHECK(all.run.cpu == microseconds(5) * 36'000);
  CHECK(all.run.parts[0].headline().count() == 36'000);
  const auto slices = profile::slices(all.run.parts[0].load.timeline, all.run.elapsed);
  REQUIRE(slices.size() == 36);
  std::uint64_t calls = 0;
  for (const profile::Slice& slice : slices) {
    CHECK(slice.length == milliseconds(100));
    calls += slice.interval.ok;
  }
  CHECK(calls == 36'007);
  CHECK(slices[23].interval.ok == 1007);
}

TEST_CASE("Stock ratios: titles say the load") {
  LoadConfig load;
  load.width = {1, 100};
  CHECK(profile::title_of(load) == "1 connection x 100 in flight");
  load.width = {4, 1};
  load.schedule = profile::Schedule({{5000, 5000, milliseconds(10)}});
  CHECK(profile::title_of(load) == "5000 calls/s on 4 connections");
}

TEST_CASE("Stock ratios: a rate for both is a round number well below what the slower one did") {
  StockResult result = stock_result({{20, 4}});  // 10,000 calls/s
  CHECK(profile::rate_for_both(result.loads) == 2000);
  result.loads[0].rounds[0][kStock].run.elapsed *= 2;
  CHECK(profile::rate_for_both(result.loads) == 1000);
  result.loads[0].rounds[0][kStock].run.elapsed /= 10;
  result.loads[0].rounds[0][kHawser].run.elapsed /= 2;
  CHECK(profile::rate_for_both(result.loads) == 5000);
  result.loads[0].rounds[0][kStock].run.elapsed = std::chrono::hours(1000);
  CHECK(profile::rate_for_both(result.loads) == 1);
}

TEST_CASE("Ratio gates: they judge the ratio, and fail where it isn't known") {
  const StockResult result = stock_result({{20, 4}});
  const auto table = profile::ratios_of(result.loads[0]);
  const auto judged = [&](const char* text) {
    const auto gate = RatioGate::parse(text);
    REQUIRE_MESSAGE(gate, gate.error().detail);
    return gate->judge("the load", table);
  };
  CHECK(judged("cpu.ratio>0.1") == "cpu.ratio>0.1: it is 0.200 with the load");
  for (const char* good : {"cpu.ratio>0.2", "cpu.ratio<0.2", "cpu.ratio>0.25", "throughput.ratio<1",
                           "p50.ratio>1", "rss.ratio>=0.6"}) {
    CHECK(judged(good).empty());
  }
  for (const char* bad : {"throughput.ratio>=1", "throughput.ratio<=1", "p50.ratio<1", "rss.ratio<0.6"}) {
    CHECK_FALSE(judged(bad).empty());
  }
  CHECK(judged("p99.9.ratio>9") == "p99.9.ratio>9: too few calls support it with the load");
  StockResult unknown = result;
  unknown.loads[0].rounds[0][kStock].run.server.reset();
  const auto gate = RatioGate::parse("cpu.ratio>9");
  REQUIRE(gate);
  CHECK(gate->judge("it", profile::ratios_of(unknown.loads[0])) == "cpu.ratio>9: it isn't known with it");
}

TEST_CASE("Ratio gates: what can not be read is named") {
  struct Case {
    const char* text;
    const char* complaint;
  };
  for (const Case& one : {Case{"cpu.ratio", "compares nothing"}, Case{"p99>1ms", "about ratios"},
                          Case{"cpu.ratio>1ms", "\"1ms\" is no number"}, Case{"cpu.ratio>", "is no number"},
                          Case{"cpu.ratio>-1", "is no number"}, Case{"latency.ratio>1", "cpu.ratio"}}) {
    CAPTURE(one.text);
    const auto gate = RatioGate::parse(one.text);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().scope == ErrorScope::kUsage);
    CHECK(gate.error().detail.find(one.complaint) != std::string::npos);
  }
}

}  // namespace
}  // namespace hawser::test
