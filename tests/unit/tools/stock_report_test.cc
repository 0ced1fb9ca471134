#include "tools/profile/stock/report.h"

#include <doctest/doctest.h>

#include <string>

// lint: allow include: a reader of JSON trees, to look at what is written.
#include "hawser/codec/json.h"
#include "tools/profile/hdr_encoding.h"
#include "unit/tools/stock_sample.h"

namespace hawser::test {
namespace {

using profile::kHawser;
using profile::kStock;
using profile::StockResult;
using profile::StockTables;
using profile::Verdict;
using std::chrono::milliseconds;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

profile::RatioGate gate(const char* text) {
  const auto parsed = profile::RatioGate::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("Stock report: the table as text") {
  StockResult result = stock_result({{20, 4}, {30, 3}, {10, 5}});
  const std::string text = profile::text_stock(result, profile::tables_of(result));
  CHECK(text.starts_with("hawser against stock grpc++ (async)\n3 rounds in turn, "));
  CHECK(has(text, "servers started anew for each, on core 0.\n"));
  CHECK(has(text, "Load on both by hawser-profile 1.2.3, on core 3: Echo, 23 bytes of payload.\n"));
  CHECK(has(text, "\n1 connection x 100 in flight    stock   hawser   hawser / stock\n"));
  CHECK(has(text, "\nserver CPU, us/call             20.00     4.00            0.200 (0.100 to 0.500)\n"));
  CHECK(has(text, "\ngenerator CPU, us/call           5.00     5.00 "));
  CHECK(has(text, "? rests on too few calls\n"));
  CHECK_FALSE(has(text, "warning"));
  CHECK_FALSE(has(text, " \n"));
  result.warnings = {"it is late"};
  result.load_core.reset();
  const std::string warned = profile::text_stock(result, profile::tables_of(result));
  CHECK(has(warned, "warning: it is late\n"));
  CHECK(has(warned, "hawser-profile 1.2.3, on any core: "));
}

TEST_CASE("Stock report: it says where the load's program had no more to give") {
  StockResult result = stock_result({{20, 4}, {30, 3}});
  CHECK(profile::all_warnings(result).empty());
  result.warnings = {"first"};
  for (auto& round : result.loads[0].rounds) round[kHawser].run.cpu = milliseconds(1900);  // of 2 s
  const auto warnings = profile::all_warnings(result);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] == "first");
  CHECK(
      warnings[1].starts_with("1 connection x 100 in flight: hawser-profile was busy for 95 % of the time "
                              "with hawser: "));
  result.load_core.reset();
  for (auto& round : result.loads[0].rounds) round[kHawser].run.facts.threads = 2;
  CHECK(profile::all_warnings(result).size() == 1);
}

TEST_CASE("Stock report: JSON has ratios, rounds and latencies") {
  StockResult result = stock_result({{20, 4}, {30, 3}});
  result.loads[0].rounds[0][kStock].peak_rss_mib.reset();
  const auto json = codec::parse_json_object(profile::json_stock(result, profile::tables_of(result)));
  REQUIRE_MESSAGE(json, json.error().detail);
  CHECK(json->find("servers")->find("hawser")->find("name")->text == "hawser");
  CHECK(json->find("load_core")->number == 3);
  const codec::Json& load = json->find("loads")->items.at(0);
  CHECK(load.find("title")->text == "1 connection x 100 in flight");
  CHECK(load.find("concurrency")->number == 100);
  const codec::Json& cpu = *load.find("numbers")->find("server_cpu_us_per_call");
  CHECK(cpu.find("stock")->number == doctest::Approx(25));
  CHECK(cpu.find("ratio")->number == doctest::Approx(0.15));
  CHECK(cpu.find("ratio_least")->number == doctest::Approx(0.1));
  CHECK(cpu.find("ratio_greatest")->number == doctest::Approx(0.2));
  const codec::Json& rss = *load.find("numbers")->find("server_peak_rss_mib");
  CHECK(rss.find("stock")->kind == codec::Json::Kind::kNull);
  CHECK(rss.find("ratio")->kind == codec::Json::Kind::kNull);
  REQUIRE(load.find("rounds")->items.size() == 2);
  CHECK(load.find("rounds")->items[1].find("hawser")->find("server_cpu_us_per_call")->number ==
        doctest::Approx(3));
  CHECK_FALSE(load.find("latency")->find("stock")->find("hdr")->text.empty());
}

TEST_CASE("Stock report: the page has the ratios first, and every run") {
  StockResult result = stock_result({{20, 4}, {30, 3}});
  result.names[kStock] = "<script>";
  result.loads.push_back(result.loads[0]);
  result.loads[1].title = "another <b>";
  const std::string page = profile::html_stock(result, profile::tables_of(result));
  CHECK(has(page, "d: hawser"));
  CHECK(has(page, "<b>0.150</b> <small>(0.100 to 0.200)</small>"));
  CHECK(page.find("0.150") < page.find("<h2>Each run</h2>"));
  CHECK(has(page, "<td>hawser, server CPU, us/call</td><td>4.00</td><td>3.00</td>"));
  CHECK_FALSE(has(page, "another <b>"));
  CHECK(has(page, "another &lt;b&gt;"));
  CHECK(has(page, "c: &lt;script&gt;"));
  CHECK_FALSE(has(page, "<script>hawser"));
}

TEST_CASE("Stock verdict: failed calls and lag fail it, and gates by a code of their own") {
  const StockResult good = stock_result({{20, 4}});
  const StockTables tables = profile::tables_of(good);
  CHECK(profile::judge_stock(good, tables, {}).exit_code == 0);
  const std::vector<profile::RatioGate> gates = {gate("cpu.ratio>0.1"), gate("cpu.ratio>0.9")};
  const Verdict gated = profile::judge_stock(good, tables, gates);
  CHECK(gated.exit_code == profile::kExitGate);
  REQUIRE(gated.reasons.size() == 1);
  CHECK(gated.reasons[0] == "cpu.ratio>0.1: it is 0.200 with 1 connection x 100 in flight");

  StockResult failed = good;
  auto& load = failed.loads[0].rounds[0][kHawser].run.parts[0].load;
  load.by_status[14] = 2;
  load.first_failure = "UNAVAILABLE: gone";
  const Verdict verdict = profile::judge_stock(failed, tables, {});
  CHECK(verdict.exit_code == profile::kExitFailed);
  REQUIRE(verdict.reasons.size() == 1);
  CHECK(verdict.reasons[0] ==
        "hawser, 1 connection x 100 in flight: 2 of 20002 calls failed, the first with UNAVAILABLE: gone");

  StockResult late = good;
  auto& run = late.loads[0].rounds[0][kStock].run;
  run.parts[0].is_open = true;
  run.facts.lag_limit = milliseconds(1);
  run.parts[0].load.generator_lag.record(milliseconds(5));
  const Verdict lagged = profile::judge_stock(late, tables, {});
  CHECK(lagged.exit_code == profile::kExitFailed);
  CHECK(has(lagged.reasons.at(0), "this program itself lagged"));
  const std::vector<profile::RatioGate> lenient = {gate("cpu.ratio>0.9")};
  CHECK(profile::judge_stock(late, tables, lenient).exit_code == profile::kExitGate);
}

}  // namespace
}  // namespace hawser::test
