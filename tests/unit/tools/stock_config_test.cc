#include "tools/profile/stock/config.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/sockets.h"

namespace hawser::test {
namespace {

using profile::StockConfig;
using std::chrono::milliseconds;
using std::chrono::seconds;

Result<StockConfig> read_stock(std::vector<const char*> args) {
  // Programs that are there on any machine.
  args.insert(args.begin(), {"stock", "--stock-server=/bin/sh", "--hawser-server=/bin/sh"});
  const auto flags = profile::parse_stock_flags(args);
  if (!flags) return tl::unexpected<Error>(flags.error());
  return profile::read_stock_config(*flags);
}

TEST_CASE("Stock flags: without any, the usual loads for five rounds of two seconds") {
  const StockConfig config = value_of(read_stock({}));
  CHECK(config.rounds == 5);
  CHECK_FALSE(config.has_own_load);
  CHECK(config.load.duration == seconds(2));
  CHECK(config.load.warmup == milliseconds(500));
  CHECK(config.load.payload.text() == "23");
  CHECK(config.load.schedule.empty());
  CHECK(config.servers[profile::kStock].name == "stock grpc++ (async)");
  CHECK(config.servers[profile::kStock].words.back() == "async");
  CHECK_FALSE(config.servers[profile::kHawser].core);
}

TEST_CASE("Stock flags: --quick is short, and yields to what else is said") {
  CHECK(value_of(read_stock({"--quick"})).rounds == 1);
  CHECK(value_of(read_stock({"--quick"})).load.duration == milliseconds(500));
  CHECK(value_of(read_stock({"--quick", "--rounds", "3"})).rounds == 3);
  CHECK(value_of(read_stock({"--quick", "--duration", "1s"})).load.duration == seconds(1));
}

TEST_CASE("Stock flags: a load of one's own") {
  const StockConfig closed = value_of(read_stock({"--connections", "3", "--concurrency", "4"}));
  CHECK(closed.has_own_load);
  CHECK(closed.load.width.connections == 3);
  CHECK(closed.load.width.concurrency == 4);
  const StockConfig open = value_of(read_stock({"--rate", "100", "--arrivals", "poisson"}));
  CHECK(open.has_own_load);
  CHECK(open.load.schedule.phases().front().from == 100);
  CHECK(open.load.arrivals == profile::ArrivalKind::kPoisson);
  CHECK_FALSE(value_of(read_stock({"--payload-size", "5"})).has_own_load);
}

TEST_CASE("Stock flags: of the servers and the cores") {
  const StockConfig config = value_of(read_stock({"--stock-mode", "callback", "--hawser-flag=--busy-poll=7",
                                                  "--hawser-flag=--no-health", "--server-core", "any"}));
  CHECK(config.servers[profile::kStock].words.back() == "callback");
  const auto& words = config.servers[profile::kHawser].words;
  CHECK(std::vector<std::string>(words.end() - 2, words.end()) ==
        std::vector<std::string>{"--busy-poll=7", "--no-health"});
  CHECK(config.server_core.kind == profile::CoreWish::Kind::kAny);
  CHECK(config.load_core.kind == profile::CoreWish::Kind::kDefault);
}

TEST_CASE("Stock flags: what can't be right is named") {
  struct Case {
    std::vector<const char*> args;
    const char* complaint;
  };
  const std::vector<Case> cases = {
      {{"--rounds", "0"}, "--rounds: "},
      {{"--duration", "6m"}, "--duration: "},
      {{"--duration", "0"}, "--duration: "},
      {{"--stock-mode", "fast"}, "--stock-mode: \"fast\" is none of async"},
      {{"--server-core", "x"}, "--server-core: "},
      {{"--fail-if", "p99>1ms"}, "--fail-if: "},
      {{"--connections", "0"}, "--connections: "},
      {{"--stock-server", "/no/such"}, "--stock-server: there is no program /no/such"},
      {{"--hawser-server", "/"}, "--hawser-server: there is no program /"},
      {{"--target", "x"}, "target"}};
  for (const Case& one : cases) {
    CAPTURE(one.complaint);
    const auto config = read_stock(one.args);
    REQUIRE_FALSE(config);
    CHECK(config.error().scope == ErrorScope::kUsage);
    CHECK(config.error().detail.find(one.complaint) != std::string::npos);
  }
}

TEST_CASE("Stock servers: they are looked for in the build directory of the program") {
  const auto paths = profile::default_server_paths("/b/tools/profile/hawser-profile");
  CHECK(paths.stock == "/b/tests/bench/stock-server");
  CHECK(paths.hawser == "/b/src/hawser-server");
  const std::vector<const char*> stock = {"stock"};
  const std::vector<const char*> other = {"--service", "stock"};
  CHECK(profile::is_stock_command(stock));
  CHECK_FALSE(profile::is_stock_command(other));
  CHECK_FALSE(profile::is_stock_command({}));
}

}  // namespace
}  // namespace hawser::test
