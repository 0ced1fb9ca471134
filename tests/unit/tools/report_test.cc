#include "tools/profile/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace hawser::test {
namespace {

using profile::LoadConfig;
using profile::LoadResult;
using std::chrono::microseconds;
using std::chrono::seconds;

LoadConfig config() {
  LoadConfig config;
  config.target = "127.0.0.1:5";
  config.connections = 2;
  config.concurrency = 10;
  config.payload_bytes = 23;
  return config;
}

LoadResult result() {
  LoadResult result;
  for (int i = 1; i <= 1000; ++i) {
    result.round_trip.record(microseconds(i));
    result.server.record(microseconds(1));
    result.remainder.record(microseconds(i - 1));
  }
  result.by_status[0] = 1000;
  result.by_status[14] = 2;
  result.first_failure = "UNAVAILABLE: \"no\"\n";
  result.elapsed = seconds(2);
  result.cpu = microseconds(5010);
  return result;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("report: for people") {
  const std::string text = profile::text_report(config(), result());
  CHECK(contains(text, "127.0.0.1:5, 2 connection(s) x 10 in flight, payload 23 bytes"));
  CHECK(contains(text, "OK 1000, UNAVAILABLE 2 in 2.00 s"));
  CHECK(contains(text, "500 successful calls/s, client CPU 5.00 us a call"));
  CHECK(contains(text, "       min      mean       p50       p90       p99     p99.9       max"));
  CHECK(contains(text, "round trip       1.0     500.5     500."));
  CHECK(contains(text, "failed with UNAVAILABLE"));
  CHECK_FALSE(contains(text, "remainder"));
}

TEST_CASE("report: the server's share only when it was asked for") {
  LoadConfig with_server = config();
  with_server.server_time = true;
  CHECK(contains(profile::text_report(with_server, result()), "  server           1.0"));
  CHECK(contains(profile::text_report(with_server, result()), "  remainder        0.0"));
  CHECK(contains(profile::json_report(with_server, result()), "\"server_us\":{\"count\":1000"));
  CHECK_FALSE(contains(profile::json_report(config(), result()), "server_us"));
}

TEST_CASE("report: for programs, one line of JSON") {
  const std::string json = profile::json_report(config(), result());
  CHECK(json.starts_with("{\"target\":\"127.0.0.1:5\",\"connections\":2,\"concurrency\":10,"));
  CHECK(json.ends_with("\"first_failure\":\"UNAVAILABLE: \\\"no\\\"\\u000a\"}\n"));
  CHECK(contains(json, "\"calls\":1002,\"failed\":2,\"elapsed_s\":2.000000,\"throughput_per_s\":500.0,"));
  CHECK(contains(json, "\"statuses\":{\"OK\":1000,\"UNAVAILABLE\":2}"));
  CHECK(contains(json, "\"min\":1.000,\"mean\":500.500,"));
  CHECK(std::count(json.begin(), json.end(), '\n') == 1);
}

TEST_CASE("report: a run without calls has no numbers to divide by") {
  CHECK(contains(profile::text_report(config(), {}), "0 successful calls/s, client CPU 0.00 us a call"));
  CHECK(contains(profile::json_report(config(), {}), "\"throughput_per_s\":0.0"));
}

}  // namespace
}  // namespace hawser::test
