#include "tools/profile/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tools/profile/result_json.h"

namespace hawser::test {
namespace {

using profile::LoadResult;
using profile::RunResult;
using std::chrono::microseconds;
using std::chrono::seconds;

LoadResult load() {
  LoadResult result;
  for (int i = 1; i <= 1000; ++i) {
    result.round_trip.record(microseconds(i));
  }
  result.by_status[0] = 1000;
  result.by_status[14] = 2;
  result.first_failure = "UNAVAILABLE: \"no\"\n";
  return result;
}

RunResult result() {
  RunResult run;
  run.facts.target = "127.0.0.1:5";
  run.facts.payload_bytes = 23;
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  run.parts[0].width = {2, 10};
  run.parts[0].load = load();
  run.elapsed = seconds(2);
  run.cpu = microseconds(5010);
  return run;
}

RunResult asked_for_stages() {
  RunResult run = result();
  run.facts.asks_timing = true;
  return run;
}

RunResult with_stages(int calls = 1000) {
  RunResult run = asked_for_stages();
  LoadResult& load = run.parts[0].load;
  for (int i = 0; i < calls; ++i) {
    load.server_queue.record(microseconds(2));
    load.handler.record(microseconds(30));
    load.reply_write.record(microseconds(4));
    load.server.record(microseconds(36));
    load.remainder.record(microseconds(1));
  }
  return run;
}

RunResult run_of_both() {
  RunResult run = result();
  LoadResult signing;
  signing.round_trip.record(microseconds(900));
  signing.refused.record(microseconds(70));
  signing.by_status[0] = 1;
  signing.by_status[8] = 1;
  signing.first_failure = "RESOURCE_EXHAUSTED: later";
  run.parts.emplace_back();
  run.parts[1].name = profile::kCryptoName;
  run.parts[1].operation = "sign";
  run.parts[1].algorithm = "rsa-pss-sha256";
  run.parts[1].width = {1, 32};
  run.parts[1].load = std::move(signing);
  return run;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("report: for people") {
  const std::string text = profile::text_report(result());
  CHECK(contains(text, "echo, 2 connection(s) x 10 in flight, payload 23 bytes"));
  CHECK(contains(text, "OK 1000, UNAVAILABLE 2 in 2.00 s"));
  CHECK(contains(text, "500 successful calls/s"));
  CHECK(contains(text, "       min      mean       p50       p90       p99     p99.9    p99.99       max"));
  CHECK(contains(text, "processor   client 5.00 us a call"));
  CHECK(contains(text, "few calls   1000 are too few for p99, p99.9, p99.99"));
  CHECK(contains(text, "round trip           1.0     500.5     500."));
  CHECK(contains(text, "failed with UNAVAILABLE"));
  CHECK_FALSE(contains(text, "remainder"));
}

TEST_CASE("report: sizes that differ are told with their mean") {
  RunResult run = result();
  run.facts.payload_sizes = "16..4096";
  run.parts[0].load.payload_bytes = 1002 * 2000 + 501;
  CHECK(contains(profile::text_report(run), "in flight, payload 16..4096 bytes, 2000.5 on average\n"));
  const std::string json = profile::json_report(run);
  CHECK(contains(json, "\"payload_sizes\":\"16..4096\","));
  CHECK(contains(json, "\"payload_bytes_sent\":2004501,"));
  CHECK_FALSE(contains(json, "\"payload_bytes\""));
}

TEST_CASE("report: the server's stages, and not their sum") {
  const std::string text = profile::text_report(with_stages());
  CHECK(contains(text, "\n    server queue       2.0       2.0"));
  CHECK(contains(text, "\n    handler           30.0      30.0"));
  CHECK(contains(text, "\n    reply write        4.0       4.0"));
  CHECK_FALSE(contains(text, "\n  server  "));
  CHECK_FALSE(contains(text, "\nstages "));
  const std::string json = profile::json_report(with_stages());
  for (const char* key : {"server_queue_us", "handler_us", "reply_write_us", "server_us", "remainder_us"}) {
    CAPTURE(key);
    CHECK(contains(json, '"' + std::string(key) + "\":{\"count\":1000,"));
    CHECK_FALSE(contains(profile::json_report(result()), key));
  }
}

TEST_CASE("report: a server that doesn't tell its stages, or not of all calls") {
  CHECK_FALSE(contains(profile::text_report(result()), "\nstages "));
  const std::string none = profile::text_report(asked_for_stages());
  CHECK(contains(none,
                 "\nstages      the server doesn't report its stages, they are in wire (hawser-server does"));
  CHECK_FALSE(contains(none, "handler"));
  CHECK(contains(profile::text_report(with_stages(7)),
                 "\nstages      the server reported its stages of 7 of 1000"));
}

TEST_CASE("report: for programs, one line of JSON") {
  const std::string json = profile::json_report(result());
  CHECK(json.starts_with("{\"target\":\"127.0.0.1:5\",\"payload_bytes\":23,\"elapsed_s\":2.000000000,"));
  CHECK(contains(json, "\"first_failure\":\"UNAVAILABLE: \\\"no\\\"\\u000a\""));
  CHECK(json.ends_with("}\n"));
  CHECK(contains(json, "\"connections\":2,\"concurrency\":10,\"loop\":\"closed\","));
  CHECK(contains(json, "\"calls\":1002,\"failed\":2,\"throughput_per_s\":500.0,"));
  CHECK(contains(json, "\"statuses\":{\"OK\":1000,\"UNAVAILABLE\":2}"));
  CHECK(contains(json, "\"min\":1.000,\"mean\":500.500,"));
  CHECK(std::count(json.begin(), json.end(), '\n') == 1);
}

TEST_CASE("report: two services are reported apart, refused calls apart from the others") {
  const std::string text = profile::text_report(run_of_both());
  CHECK(contains(text, "service     echo, 2 connection(s)"));
  CHECK(contains(text, "service     crypto sign rsa-pss-sha256, 1 connection(s) x 32"));
  CHECK(contains(text, "refused             70.0"));
  CHECK(contains(text, "OK 1, RESOURCE_EXHAUSTED 1"));
  const std::string json = profile::json_report(run_of_both());
  CHECK(contains(json, "\"service\":\"both\",\"echo\":{\"method\":"));
  CHECK(contains(json, "\"connections\":1,\"concurrency\":32,\"loop\":\"closed\",\"operation\":\"sign\","));
  CHECK(contains(json, "\"refused_us\":{\"count\":1,\"min\":70.000,"));
  CHECK(contains(json, "\"first_failure\":\"RESOURCE_EXHAUSTED: later\""));
}

TEST_CASE("report: a load is good when nothing worse happened than refusals") {
  const RunResult run = run_of_both();
  CHECK_FALSE(run.parts[0].load.is_good());
  CHECK(run.parts[1].load.is_good());
  CHECK_FALSE(LoadResult{}.is_good());
}

TEST_CASE("report: a run without calls has no numbers to divide by") {
  RunResult run;
  run.parts.emplace_back();
  CHECK(contains(profile::text_report(run), "0 successful calls/s"));
  CHECK(contains(profile::json_report(run), "\"throughput_per_s\":0.0"));
}

}  // namespace
}  // namespace hawser::test
