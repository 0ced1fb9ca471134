#include "tools/profile/page.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

// lint: allow include: a reader of JSON trees, to look at what the page has.
#include "hawser/codec/json.h"
#include "tools/profile/figures.h"
#include "tools/profile/html_text.h"
#include "tools/profile/page_data.h"
#include "unit/tools/sample_run.h"

namespace hawser::test {
namespace {

using codec::Json;
using profile::NamedRun;
using profile::RunResult;
using std::chrono::microseconds;
using std::chrono::milliseconds;

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The JSON of the page, as a browser finds it: until the first end of a script.
std::string data_in(const std::string& page) {
  constexpr std::string_view kBegin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(kBegin);
  REQUIRE(begin != std::string::npos);
  const std::size_t at = begin + kBegin.size();
  return page.substr(at, page.find("</script", at) - at);
}

Json parsed(const std::string& text) {
  auto json = codec::parse_json_object(text);
  REQUIRE_MESSAGE(json, json.error().detail);
  return std::move(*json);
}

const Json& part_of(const Json& data, std::size_t run) {
  return data.find("runs")->items.at(run).find("parts")->items.at(0);
}

TEST_CASE("Text for HTML: nothing of it is markup") {
  CHECK(profile::escape_html("<b a=\"1\" c='2'>&amp;</b>") ==
        "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
  CHECK(profile::escape_html("plain \xC3\xA4\n\t") == "plain \xC3\xA4\n\t");
  CHECK(profile::escape_html(std::string_view("\0\x1B\x7F", 3)) == "&#xFFFD;&#xFFFD;&#xFFFD;");
}

TEST_CASE("JSON in a script: it can't end it, and says the same") {
  const std::string json = R"({"a":"</script><!--<script>&"})";
  const std::string safe = profile::json_in_script(json);
  CHECK(safe.find_first_of("<>&") == std::string::npos);
  CHECK(parsed(safe).find("a")->text == "</script><!--<script>&");
}

TEST_CASE("Page: what comes from outside is text everywhere") {
  constexpr std::string_view kEvil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
  const std::string evil(kEvil);
  RunResult run = even_run(12, microseconds(100));
  run.facts.target = "unix:/" + evil;
  run.facts.command = "--metadata " + evil;
  run.facts.version = run.facts.commit = run.facts.kernel = run.facts.processor = evil;
  run.parts[0].name = profile::kCallName;
  run.parts[0].method = evil;
  run.parts[0].load.first_failure = "UNAVAILABLE: " + evil;
  run.parts[0].load.by_status[14] = 1;
  const std::string plain = profile::html_report(even_run(12, microseconds(100)));
  const std::vector<NamedRun> runs = {{evil, run}, {evil, run}};
  const auto comparison = profile::compare(runs);
  REQUIRE(comparison);
  for (const std::string& page : {profile::html_report(run), profile::html_comparison(runs, *comparison)}) {
    CHECK(count_of(page, "<script") == count_of(plain, "<script"));
    CHECK(count_of(page, "</script") == count_of(plain, "</script"));
    CHECK(page.find("<img") == std::string::npos);
    const Json data = parsed(data_in(page));
    CHECK(part_of(data, 0).find("title")->text == evil);
  }
}

TEST_CASE("Page: it asks for nothing from elsewhere") {
  const std::string page = profile::html_report(even_run(12, microseconds(100)));
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* reference : {" src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest"}) {
    CAPTURE(reference);
    CHECK(page.find(reference) == std::string::npos);
  }
  CHECK(page.find("@slot:") == std::string::npos);
  CHECK(page.find("@file:") == std::string::npos);
  CHECK(page.find("The MIT License (MIT)") != std::string::npos);  // uPlot's
}

TEST_CASE("Page: tables have the figures of the run") {
  RunResult run = even_run(20, microseconds(123));
  run.server = {7, milliseconds(200)};
  const std::string page = profile::html_report(run);
  for (const profile::Figure& figure : profile::figures()) {
    CAPTURE(figure.name);
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f", profile::microseconds(figure.value(run.parts[0].headline())));
    const bool is_few = figure.percent > 99;  // of 20,000 calls
    const std::string cell =
        is_few ? "<td class=\"few\">" + std::string(text) + "?</td>" : "<td>" + std::string(text) + "</td>";
    CHECK(page.find(cell) != std::string::npos);
  }
  CHECK(page.find("<td>10000</td>") != std::string::npos);  // calls a second
  CHECK(page.find("<td>5.00</td><td>10.00</td><td>closed loop</td>") != std::string::npos);
  CHECK(page.find("OK 20000") != std::string::npos);
}

TEST_CASE("Page: the glance says when the generator lagged") {
  RunResult run = even_run(12, microseconds(100));
  run.parts[0].is_open = true;
  run.parts[0].load.intended = run.parts[0].load.round_trip;
  run.facts.lag_limit = milliseconds(1);
  run.parts[0].load.generator_lag.record(microseconds(1));
  CHECK(profile::html_report(run).find("<td class=\"good\">kept up</td>") != std::string::npos);
  run.parts[0].load.generator_lag.record(milliseconds(5));
  CHECK(profile::html_report(run).find("<td class=\"bad\">lagged</td>") != std::string::npos);
}

TEST_CASE("Data of the page: the curve goes through the run's percentiles") {
  const std::vector<NamedRun> runs = {{"a", even_run(20, microseconds(123))}};
  const Json data = parsed(profile::page_data(runs));
  const Json& curve = *part_of(data, 0).find("curve");
  const auto& xs = curve.find("one_in")->items;
  const auto& us = curve.find("us")->items;
  REQUIRE(xs.size() == us.size());
  const profile::Histogram& latency = runs[0].run.parts[0].headline();
  const auto at = [&](double x) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
      if (xs[i].number == x) return us[i].number;
    }
    return -1.0;
  };
  CHECK(at(10) == profile::microseconds(latency.percentile(90)));
  CHECK(at(100) == profile::microseconds(latency.percentile(99)));
  CHECK(at(1000) == profile::microseconds(latency.percentile(99.9)));
  CHECK(at(10000) == profile::microseconds(latency.percentile(99.99)));
  CHECK(at(20000) == profile::microseconds(latency.max()));
  for (std::size_t i = 1; i < xs.size(); ++i) {
    CHECK(xs[i].number > xs[i - 1].number);
    CHECK(us[i].number >= us[i - 1].number);
  }
}

TEST_CASE("Data of the page: slices have the calls of the timeline") {
  RunResult run = even_run(12, microseconds(100));
  run.elapsed += milliseconds(10);  // less than half an interval: of the last slice
  auto intervals = run.parts[0].load.timeline.intervals();
  intervals.push_back({0, 11, {}});
  run.parts[0].load.timeline = profile::Timeline(milliseconds(100), std::move(intervals));
  const std::vector<NamedRun> runs = {{"a", run}};
  const Json data = parsed(profile::page_data(runs));
  const Json& timeline = *part_of(data, 0).find("timeline");
  REQUIRE(timeline.find("edges_s")->items.size() == 13);
  CHECK(timeline.find("edges_s")->items[12].number == doctest::Approx(1.21));
  REQUIRE(timeline.find("ok_per_s")->items.size() == 12);
  CHECK(timeline.find("ok_per_s")->items[0].number == 10000);
  CHECK(timeline.find("failed_per_s")->items[11].number == 100);
  const double per_octave = data.find("cells_per_octave")->number;
  for (const Json& pairs : timeline.find("cells")->items) {
    double calls = 0;
    for (std::size_t i = 0; i < pairs.items.size(); i += 2) {
      const double from = std::exp2(pairs.items[i].number / per_octave);
      CHECK(from < 200'200);  // nanoseconds: all take from 100 to 200 us
      CHECK(std::exp2((pairs.items[i].number + 1) / per_octave) > 99'900);
      calls += pairs.items[i + 1].number;
    }
    CHECK(calls == 1000);
  }
}

TEST_CASE("Data of the page: a run without calls") {
  RunResult run;
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  const Json data = parsed(data_in(profile::html_report(run)));
  CHECK(part_of(data, 0).find("curve")->find("us")->items.empty());
  CHECK(part_of(data, 0).find("timeline")->find("edges_s")->items.empty());
}

}  // namespace
}  // namespace hawser::test
