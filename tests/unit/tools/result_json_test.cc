#include "tools/profile/result_json.h"

#include <doctest/doctest.h>

#include <string>

#include "tools/profile/figures.h"

namespace hawser::test {
namespace {

using profile::Histogram;
using profile::LoadResult;
using profile::RunResult;
using profile::Timeline;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Instant kResultJsonStart{seconds(1000)};

LoadResult full_load() {
  LoadResult load;
  int kind = 0;
  for (const profile::Measure& measure : profile::measures()) {
    ++kind;
    for (int i = 1; i <= 100; ++i) (load.*measure.histogram).record(nanoseconds(12'345) * i * kind);
  }
  load.by_status[0] = 100;
  load.by_status[8] = 3;
  load.by_status[14] = 2;
  load.first_failure = "UNAVAILABLE: \"quoted\"\n";
  load.bytes_sent = 123'456'789'012;
  load.bytes_received = 7;
  load.payload_bytes = 123'456;
  load.waited_for_room = 9;
  load.timeline = Timeline(kResultJsonStart, milliseconds(100));
  for (int i = 0; i < 100; ++i)
    load.timeline.record(kResultJsonStart + milliseconds(7 * i), microseconds(i), i != 50);
  load.timeline.record(kResultJsonStart + seconds(2), microseconds(1), true);
  load.timeline.close();
  return load;
}

RunResult full_run() {
  RunResult run;
  run.facts = {.target = "unix:/x",
               .threads = 3,
               .payload_bytes = 23,
               .arrivals = "poisson",
               .schedule = "10:1s,20..30:2s",
               .lag_limit = milliseconds(2),
               .version = "1.2.3",
               .commit = "0123abc-dirty",
               .command = "--rate 10",
               .asks_timing = true,
               .kernel = "Linux 6",
               .processor = "a \\ b",
               .processors = 4,
               .began_at_s = 1700000000.125};
  run.elapsed = nanoseconds(3'000'000'007);
  run.cpu = nanoseconds(123'456'789);
  run.noise = {nanoseconds(20), nanoseconds(25), {}};
  run.noise.hiccups.record(microseconds(60));
  run.server = {4711, milliseconds(700)};
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  run.parts[0].method = "/echo.EchoService/Echo";
  run.parts[0].width = {2, 10};
  run.parts[0].is_open = true;
  run.parts[0].load = full_load();
  return run;
}

RunResult full_run_of_both() {
  RunResult run = full_run();
  run.server.reset();
  run.parts.emplace_back();
  run.parts[1].name = profile::kCryptoName;
  run.parts[1].method = "/crypto.CryptoService/Sign";
  run.parts[1].operation = "sign";
  run.parts[1].algorithm = "ed25519";
  run.parts[1].width = {1, 32};
  run.parts[1].load = full_load();
  return run;
}

// Whatever is written is compared: a reader that forgets something writes something else.
void check_round_trip(const RunResult& run) {
  const std::string text = profile::json_report(run);
  const auto read = profile::read_json_report(text);
  REQUIRE_MESSAGE(read, read.error().detail);
  CHECK(profile::json_report(*read) == text);
}

TEST_CASE("JSON of a run: read and written again it is the same") {
  check_round_trip(full_run());
  check_round_trip(full_run_of_both());
  RunResult closed = full_run();
  closed.facts.schedule.clear();
  closed.parts[0].is_open = false;
  check_round_trip(closed);
  RunResult mixed = full_run();
  mixed.facts.payload_bytes = 0;
  mixed.facts.payload_sizes = "64:90%,1024..65536:10%";
  check_round_trip(mixed);
}

TEST_CASE("JSON of a run: a run without calls") {
  RunResult run;
  run.parts.emplace_back();
  run.parts[0].name = profile::kEchoName;
  check_round_trip(run);
}

TEST_CASE("JSON of a run: numbers are the run's") {
  const auto read = profile::read_json_report(profile::json_report(full_run()));
  REQUIRE(read);
  const RunResult expected = full_run();
  CHECK(read->elapsed == expected.elapsed);
  CHECK(read->cpu == expected.cpu);
  REQUIRE(read->server);
  CHECK(read->server->pid == 4711);
  CHECK(read->server->cpu == milliseconds(700));
  CHECK(read->facts.began_at_s == expected.facts.began_at_s);
  CHECK(read->facts.lag_limit == milliseconds(2));
  const LoadResult& load = read->parts[0].load;
  CHECK(load.by_status == expected.parts[0].load.by_status);
  CHECK(load.intended.min() == expected.parts[0].load.intended.min());
  CHECK(load.intended.mean() == expected.parts[0].load.intended.mean());
  CHECK(load.intended.percentile(90) == expected.parts[0].load.intended.percentile(90));
  CHECK(load.bytes_sent == 123'456'789'012);
  REQUIRE(load.timeline.intervals().size() == 21);
  CHECK(load.timeline.width() == milliseconds(100));
  CHECK(load.timeline.intervals()[3].failed == 1);
}

TEST_CASE("JSON of a run: one of before servers told their stages has their sum") {
  RunResult old = full_run();
  old.facts.asks_timing = false;
  for (auto stage : {&LoadResult::server_queue, &LoadResult::handler, &LoadResult::reply_write}) {
    old.parts[0].load.*stage = {};
  }
  const std::string text = profile::json_report(old);
  CHECK(text.find("handler") == std::string::npos);
  const auto read = profile::read_json_report(text);
  REQUIRE(read);
  CHECK(read->parts[0].load.server.count() == 100);
  CHECK(read->parts[0].load.handler.count() == 0);
  CHECK_FALSE(read->facts.asks_timing);
  std::string older = text;
  const std::string counted = "\"payload_bytes_sent\":123456,";
  older.erase(older.find(counted), counted.size());
  const auto oldest = profile::read_json_report(older);
  REQUIRE(oldest);
  CHECK(oldest->facts.payload_bytes == 23);
}

TEST_CASE("JSON of a run: what is none is refused with the reason") {
  for (const char* text : {"", "[]", "{}", "{\"target\":5}", "no"}) {
    CAPTURE(text);
    const auto read = profile::read_json_report(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().scope == ErrorScope::kUsage);
  }
  const std::string good = profile::json_report(full_run());
  for (const char* name : {"target", "elapsed_s", "service", "statuses", "timeline", "intervals", "facts",
                           "machine", "method", "hdr", "min", "bytes_sent", "lag_limit_us"}) {
    CAPTURE(name);
    std::string bad = good;
    const std::string key = std::string("\"") + name + "\":";
    const std::size_t at = bad.find(key);
    REQUIRE(at != std::string::npos);
    bad.replace(at, key.size(), "\"other\":");
    const auto read = profile::read_json_report(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().detail.find(name) != std::string::npos);
  }
  std::string damaged = good;
  damaged.replace(damaged.find("\"hdr\":\"") + 7, 4, "!!!!");
  CHECK_FALSE(profile::read_json_report(damaged));
}

}  // namespace
}  // namespace hawser::test
