#include "tools/profile/load_config.h"

#include <doctest/doctest.h>

#include <vector>

namespace hawser::test {
namespace {

using profile::LoadConfig;
using std::chrono::milliseconds;
using std::chrono::seconds;

Result<LoadConfig> read(std::vector<const char*> args) {
  return profile::parse_load_flags(args).and_then(
      [](const tools::Flags& flags) { return profile::read_load_config(flags); });
}

TEST_CASE("load config: the defaults") {
  const auto config = read({"--target", "unix:/x"});
  REQUIRE(config);
  CHECK(config->target == "unix:/x");
  CHECK(config->width.connections == 1);
  CHECK(config->width.concurrency == 1);
  CHECK(config->requests == 0);
  CHECK(config->duration == seconds(10));
  CHECK(config->warmup == milliseconds(200));
  CHECK(config->timeout == Duration{});
  CHECK(config->payload.text() == "23");
  CHECK(config->payload.is_fixed());
  CHECK(config->seed == 1);
  CHECK_FALSE(config->server_timing);
}

TEST_CASE("load config: every flag") {
  const auto config =
      read({"--connections=2", "--concurrency=30", "--requests=400", "--duration=5s", "--warmup=0",
            "--payload-size=0", "--timeout=2s", "--think-time=1ms", "--server-timing", "--server-pid=7"});
  REQUIRE(config);
  CHECK(config->width.connections == 2);
  CHECK(config->width.concurrency == 30);
  CHECK(config->requests == 400);
  CHECK(config->duration == seconds(5));
  CHECK(config->warmup == Duration{});
  CHECK(config->timeout == seconds(2));
  CHECK(config->think_time == milliseconds(1));
  CHECK(config->payload.largest() == 0);
  CHECK(config->server_timing);
  CHECK(config->server_pid == 7);
}

TEST_CASE("load config: two services, each with its own width") {
  const auto config =
      read({"--service=both", "--connections=4", "--crypto-connections=3", "--crypto-concurrency=9",
            "--operation=verify", "--algorithm=ed25519", "--key-id=mine", "--ignore-pushback"});
  REQUIRE(config);
  CHECK(config->service == profile::Service::kBoth);
  CHECK(config->width.connections == 4);
  CHECK(config->crypto_width.connections == 3);
  CHECK(config->crypto_width.concurrency == 9);
  CHECK(config->signing.operation == profile::SigningConfig::Operation::kVerify);
  CHECK(config->signing.algorithm == "ed25519");
  CHECK(config->signing.key_id == "mine");
  CHECK(config->ignore_pushback);
  CHECK_FALSE(read({"--service=both", "--requests=5"}));
  CHECK(read({"--service=crypto", "--requests=5"})->service == profile::Service::kCrypto);
}

TEST_CASE("load config: an open loop") {
  const auto config = read({"--rate=1500.5", "--duration=2s", "--arrivals=poisson", "--max-outstanding=77",
                            "--lag-limit=3ms", "--threads=2", "--connections=5"});
  REQUIRE(config);
  CHECK(config->schedule.text() == "1500.5:2s");
  CHECK(config->arrivals == profile::ArrivalKind::kPoisson);
  CHECK(config->max_outstanding == 77);
  CHECK(config->lag_limit == milliseconds(3));
  CHECK(config->threads == 2);
  const auto stepped = read({"--schedule=10:1s,20..40:3s"});
  REQUIRE(stepped);
  CHECK(stepped->schedule.text() == "10:1s,20..40:3s");
  CHECK(stepped->duration == seconds(4));
  const auto counted = read({"--rate=10", "--requests=5"});
  REQUIRE(counted);
  CHECK(counted->requests == 5);
  CHECK(counted->schedule.calls() > 1e6);
  CHECK(read({"--rate=0"})->schedule.empty());
}

TEST_CASE("load config: payloads of several sizes, and what they are drawn by") {
  const auto config = read({"--payload-size=64:90%,1024..65536:10%", "--seed=18446744073709551615"});
  REQUIRE(config);
  CHECK(config->payload.text() == "64:90%,1024..65536:10%");
  CHECK(config->payload.largest() == 65'536);
  CHECK(config->seed == 18446744073709551615U);
  const auto wrong = read({"--payload-size=64:90%,65536:20%"});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().scope == ErrorScope::kUsage);
  CHECK(
      wrong.error().detail.starts_with("--payload-size: \"64:90%,65536:20%\" has shares that don't add up"));
  CHECK_FALSE(read({"--seed=-1"}));
}

TEST_CASE("load config: metadata, of which -bin is base64") {
  const auto config = read({"--metadata=a=b=c", "--metadata=x-bin=AAE="});
  REQUIRE(config);
  REQUIRE(config->metadata.size() == 2);
  CHECK(config->metadata[0].first == "a");
  CHECK(config->metadata[0].second == "b=c");
  CHECK(config->metadata[1].second == std::string("\0\1", 2));
}

TEST_CASE("load config: flags that contradict each other") {
  for (const std::vector<const char*>& flags :
       std::vector<std::vector<const char*>>{{"--rate=10", "--schedule=10:1s"},
                                             {"--schedule=10:1s", "--duration=1s"},
                                             {"--schedule=10:1s", "--requests=10"},
                                             {"--rate=10", "--think-time=1ms"},
                                             {"--arrivals=poisson"},
                                             {"--find-knee=p99<1ms", "--rate=10"},
                                             {"--find-knee=p99<1ms", "--requests=10"},
                                             {"--find-knee=p99<1ms", "--service=both"},
                                             {"--find-knee=p99>1ms"},
                                             {"--find-knee=p99<1ms", "--knee-start=0"},
                                             {"--call=a.B/C", "--service=echo"},
                                             {"--call=a.B/C", "--payload-size=5"},
                                             {"--json-request={}"},
                                             {"--json-requests=f"},
                                             {"--call=a.B/C", "--json-request={}", "--json-requests=f"},
                                             {"--threads=2"},
                                             {"--threads=2", "--connections=2", "--requests=1"},
                                             {"--threads=2", "--connections=2", "--max-outstanding=1"},
                                             {"--service=both", "--threads=2", "--connections=2"},
                                             {"--rate=0.5", "--duration=1s"}}) {
    CAPTURE(flags.back());
    const auto config = read(flags);
    REQUIRE_FALSE(config);
    CHECK(config.error().scope == ErrorScope::kUsage);
  }
}

TEST_CASE("load config: any method, and the search for a knee") {
  const auto call = read({"--call=a.B/C", "--json-request={\"a\":1}", "--descriptor-set=x.pb"});
  REQUIRE(call);
  CHECK(call->service == profile::Service::kCall);
  CHECK(read({"--call=a.B/C", "--server-timing"})->server_timing);
  CHECK(call->call.method == "a.B/C");
  CHECK(call->call.json == "{\"a\":1}");
  CHECK(call->call.descriptor_set == "x.pb");
  CHECK(read({"--call=a.B/C", "--json-requests=f"})->call.json_file == "f");
  const auto knee = read({"--find-knee=p99<1ms", "--knee-start=50", "--arrivals=poisson"});
  REQUIRE(knee);
  REQUIRE(knee->knee);
  CHECK(knee->knee->text() == "p99<1ms");
  CHECK(knee->schedule.text() == "50:10s");
  CHECK_FALSE(read({})->knee);
}

TEST_CASE("load config: what is done with the numbers") {
  const auto flags = profile::parse_load_flags(
      std::vector<const char*>{"--json", "--progress", "--json-file=a", "--csv=b", "--csv-timeline=c",
                               "--hgrm=d", "--hlog=e", "--fail-if=p99>1ms", "--fail-if=errors>0"});
  REQUIRE(flags);
  const auto config = profile::read_output_config(*flags);
  REQUIRE(config);
  CHECK(config->json);
  CHECK(config->progress);
  CHECK(config->json_file == "a");
  CHECK(config->csv_file == "b");
  CHECK(config->csv_timeline_file == "c");
  CHECK(config->hgrm_file == "d");
  CHECK(config->hlog_file == "e");
  REQUIRE(config->gates.size() == 2);
  CHECK(config->gates[1].text() == "errors>0");
  const auto wrong = profile::parse_load_flags(std::vector<const char*>{"--fail-if=soon"});
  CHECK(profile::read_output_config(*wrong).error().detail.starts_with("--fail-if: "));
}

TEST_CASE("load config: what can't be") {
  for (const char* flag :
       {"--connections=0", "--concurrency=0", "--concurrency=x", "--requests=0", "--duration=1d",
        "--warmup=-1s", "--payload-size=99999999999", "--timeout=soon", "--nothing=1", "--rate=fast",
        "--rate=-1", "--schedule=fast", "--arrivals=late", "--metadata=x", "--metadata=a-bin=!",
        "--metadata=grpc-x=1", "--threads=0", "--service=ehco", "--operation=decrypt"}) {
    CAPTURE(flag);
    const auto config = read({flag});
    REQUIRE_FALSE(config);
    CHECK(config.error().scope == ErrorScope::kUsage);
  }
}

}  // namespace
}  // namespace hawser::test
