// Who is measured when. The servers are shell scripts, and no load is made.
#include "tools/profile/stock/turns.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/sockets.h"
#include "unit/tools/stock_sample.h"

namespace hawser::test {
namespace {

using profile::CoreWish;
using profile::LoadConfig;
using profile::RunResult;
using profile::StockConfig;
using profile::StockResult;
using std::chrono::microseconds;
using std::chrono::seconds;

std::vector<std::string> script(const std::string& address, const std::string& then) {
  return {"/bin/sh", "-c", "trap 'exit 0' TERM; echo listening on " + address + "; " + then};
}

StockConfig two_servers() {
  const std::string wait = "while :; do sleep 0.01; done";
  StockConfig config;
  config.servers = {profile::ServerCommand{"stock", script("a", wait), {}},
                    profile::ServerCommand{"hawser", script("b", wait), {}}};
  // The thread of this test is not to be pinned.
  config.server_core = config.load_core = {CoreWish::Kind::kAny, 0};
  config.rounds = 2;
  config.load.duration = seconds(2);
  return config;
}

// What was measured, and each as 10,000 calls/s.
struct Measured {
  std::vector<LoadConfig> loads;

  Result<RunResult> operator()(const LoadConfig& load) {
    loads.push_back(load);
    return even_run(10, microseconds(100));
  }
};

void ignore(const std::string&) {}

TEST_CASE("Stock turns: the usual loads, each server started anew for each turn") {
  Measured measured;
  std::vector<std::string> steps;
  const auto result = value_of(profile::measure_in_turns(
      two_servers(), std::ref(measured), [&](const std::string& step) { steps.push_back(step); }));
  REQUIRE(measured.loads.size() == 12);
  std::string targets;
  std::set<int> processes;
  for (const LoadConfig& load : measured.loads) {
    targets += load.target;
    processes.insert(load.server_pid);
  }
  CHECK(targets == "abababababab");
  CHECK(processes.size() == 12);
  REQUIRE(steps.size() == 12);
  CHECK(steps[3] == "1 connection x 100 in flight, round 2 of 2: hawser");

  REQUIRE(result.loads.size() == 3);
  CHECK(result.loads[0].title == "1 connection x 100 in flight");
  CHECK(result.loads[1].title == "50 connections x 20 in flight");
  CHECK(result.loads[2].title == "2000 calls/s on 4 connections");
  for (const profile::StockLoad& load : result.loads) CHECK(load.rounds.size() == 2);
  CHECK(measured.loads[4].duration == seconds(2));
  CHECK(measured.loads[8].duration == seconds(6));
  CHECK(measured.loads[8].schedule.length() == seconds(6));
  CHECK(result.loads[0].rounds[0][0].peak_rss_mib);
  CHECK(result.names == std::array<std::string, 2>{"stock", "hawser"});
  CHECK(result.warnings.size() == 1);  // nothing is pinned
  CHECK_FALSE(result.server_core);
}

TEST_CASE("Stock turns: a load of one's own is the only one") {
  StockConfig config = two_servers();
  config.has_own_load = true;
  config.load.width = {3, 5};
  Measured measured;
  const auto result = value_of(profile::measure_in_turns(config, std::ref(measured), &ignore));
  REQUIRE(result.loads.size() == 1);
  CHECK(result.loads[0].title == "3 connections x 5 in flight");
  CHECK(measured.loads.size() == 4);
}

TEST_CASE("Stock turns: what goes wrong with a server or a run ends them") {
  StockConfig config = two_servers();
  config.servers[profile::kHawser].words = script("b", "exit 5");
  Measured measured;
  const auto waits_for_end = [&](const LoadConfig& load) -> Result<RunResult> {
    // As a load would, whose server has gone.
    const std::string path = "/proc/" + std::to_string(load.server_pid) + "/stat";
    for (const Instant end = Clock::now() + seconds(30); load.target == "b" && Clock::now() < end;) {
      std::ifstream file(path);
      std::string id, name, state;
      if (!(file >> id >> name >> state) || state == "Z") break;
    }
    return measured(load);
  };
  const auto ended = profile::measure_in_turns(config, waits_for_end, &ignore);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().detail.starts_with("hawser ended with status 5 in the middle of its load"));
  CHECK(measured.loads.size() == 2);

  const auto failed = profile::measure_in_turns(
      two_servers(), [](const LoadConfig&) -> Result<RunResult> { return usage_error("no such load"); },
      &ignore);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().detail == "no such load");
}

}  // namespace
}  // namespace hawser::test
