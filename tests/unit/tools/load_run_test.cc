// Whether what a server does comes back in the numbers. The servers have programmed delays and stalls. The
// machine can only add to what the test waits for, so lower bounds hold whatever else it does; upper bounds
// leave it very much room.
#include "tools/profile/load_run.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hawser/net/address.h"
#include "hawser/server/server.h"
#include "support/sockets.h"
#include "support/test_method.h"
#include "tools/profile/echo_work.h"
#include "tools/profile/figures.h"

namespace hawser::test {
namespace {

using profile::Histogram;
using profile::LoadConfig;
using profile::LoadResult;
using profile::LoadRun;
using profile::LoadSpec;
using profile::RunResult;
using profile::Schedule;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Serves Echo on one thread; `delay` says how long each call keeps it, by the call's number.
class SlowServer final {
 public:
  /// `elsewhere`: a call waits on a thread of its own, and keeps nobody.
  explicit SlowServer(std::function<Duration(int)> delay, bool report_timing = false, bool elsewhere = false)
      : delay_(std::move(delay)) {
    server::ServerOptions options;
    options.workers = 1;
    options.report_timing = report_timing;
    server_ = value_of(server::Server::create(options));
    auto method = std::make_unique<TestMethod>("/echo.EchoService/Echo");
    method->on_start = [this, elsewhere](server::ServerCall& call) {
      const auto answer = [wait = delay_(calls_++), &call] {
        if (wait > Duration{}) std::this_thread::sleep_for(wait);
        reply_with(call, as_text(call.request()));
      };
      if (!elsewhere) return answer();  // the server's loop stands still
      threads_.emplace_back(answer);
    };
    REQUIRE(server_->add(std::move(method)));
    const auto bound = value_of(server_->listen(value_of(net::Address::parse("127.0.0.1:0"))));
    address_ = bound.front().to_string();
    REQUIRE(server_->start());
  }

  ~SlowServer() {
    server_.reset();
    for (std::thread& thread : threads_) thread.join();
  }
  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;

  const std::string& address() const { return address_; }
  int calls() const { return calls_; }

 private:
  std::function<Duration(int)> delay_;
  std::atomic<int> calls_{0};
  std::vector<std::thread> threads_;  // of calls; touched by the server's loop
  std::unique_ptr<server::Server> server_;
  std::string address_;
};

LoadConfig config_for(const SlowServer& server) {
  LoadConfig config;
  config.target = server.address();
  config.max_outstanding = 10'000;
  config.lag_limit = seconds(100);
  config.payload = profile::PayloadSize(23);
  return config;
}

RunResult run(const LoadConfig& config) {
  auto load = LoadRun::create(config, [&](std::size_t thread) -> Result<std::vector<LoadSpec>> {
    std::vector<LoadSpec> loads;
    loads.push_back({.part = {},
                     .work = profile::make_echo_work({config.payload, config.seed, thread}),
                     .think_time = {}});
    loads.back().part.name = profile::kEchoName;
    loads.back().part.width = config.width;
    loads.back().part.is_open = !config.schedule.empty();
    return loads;
  });
  REQUIRE_MESSAGE(load, load.error().detail);
  return (*load)->run();
}

std::uint64_t not_below(const Histogram& histogram, Duration value) {
  return histogram.count_above(value - value / 1000);  // a bucket is that wide
}

TEST_CASE("Load run: a programmed distribution of delays comes back in a closed loop") {
  // Of 200 calls one in ten takes 60 ms, three more in ten take 10 ms.
  SlowServer server([](int call) -> Duration {
    if (call % 10 == 0) return milliseconds(60);
    return call % 10 < 4 ? milliseconds(10) : Duration{};
  });
  LoadConfig config = config_for(server);
  config.requests = 200;
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.of(grpc::StatusCode::kOk) == 200);
  CHECK(load.round_trip.count() == 200);
  CHECK(not_below(load.round_trip, milliseconds(60)) >= 20);
  CHECK(not_below(load.round_trip, milliseconds(60)) <= 100);
  CHECK(not_below(load.round_trip, milliseconds(10)) >= 80);
  CHECK(load.round_trip.percentile(95) >= milliseconds(60));
  CHECK(load.round_trip.percentile(80) >= milliseconds(10));
  CHECK(load.round_trip.mean() >= milliseconds(9));
  CHECK(load.intended.count() == 0);
  CHECK(result.elapsed >= milliseconds(60) * 20 + milliseconds(10) * 60);
}

TEST_CASE("Load run: in an open loop, the calls that waited behind a stall come back, too") {
  constexpr int kRate = 1000;
  SlowServer server([](int call) -> Duration { return call == 300 ? milliseconds(100) : Duration{}; });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("1000:1s");
  SUBCASE("constant arrivals") {}
  SUBCASE("two threads") {
    config.threads = 2;
    config.width.connections = 4;
  }
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.of(grpc::StatusCode::kOk) == kRate);
  REQUIRE(load.intended.count() == kRate);
  // A call that was due x before the end of the stall took at least x: their number falls with x.
  for (const int x : {5, 20, 50, 80}) {
    CAPTURE(x);
    const double at_least = kRate * 0.001 * (100 - x) * 0.9;
    CHECK(static_cast<double>(not_below(load.intended, milliseconds(x))) >= at_least);
  }
  CHECK(load.intended.max() >= milliseconds(100));
}

TEST_CASE("Load run: Poisson arrivals wait behind a stall as well") {
  SlowServer server([](int call) -> Duration { return call == 300 ? milliseconds(100) : Duration{}; });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("1000:1s");
  config.arrivals = profile::ArrivalKind::kPoisson;
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.failed() == 0);
  CHECK(load.calls() == static_cast<std::uint64_t>(server.calls()));
  CHECK(not_below(load.intended, milliseconds(50)) >= 25);  // 50 +- 7 are due
}

TEST_CASE("Load run: calls that found no room are late, not left out") {
  constexpr int kRate = 1000;
  SlowServer server([](int call) -> Duration { return call == 300 ? milliseconds(250) : Duration{}; });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("1000:1s");
  config.max_outstanding = 10;
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.of(grpc::StatusCode::kOk) == kRate);
  CHECK(server.calls() == kRate);
  CHECK(not_below(load.intended, milliseconds(20)) >= 70);
  CHECK(not_below(load.dispatch_delay, milliseconds(20)) >= 60);
  CHECK(load.waited_for_room >= 80);
  // From the send alone, the stall would be what ten calls saw.
  CHECK(load.intended.mean() >= load.round_trip.mean());
  CHECK(not_below(load.intended, milliseconds(20)) >= not_below(load.round_trip, milliseconds(20)) + 50);
}

TEST_CASE("Load run: a server that is too slow for the rate gets every call, later and later") {
  SlowServer server([](int) -> Duration { return milliseconds(4); });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("500:500ms");  // 250 calls, of which it can do 125 in time
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.of(grpc::StatusCode::kOk) == 250);
  CHECK(result.elapsed >= milliseconds(1000));
  CHECK(load.intended.max() >= milliseconds(490));
  CHECK(load.intended.percentile(50) >= milliseconds(240));
}

TEST_CASE("Load run: stages add up to the round trip") {
  SlowServer server([](int) -> Duration { return {}; });
  LoadConfig config = config_for(server);
  config.requests = 500;
  config.width = {2, 5};
  config.threads = 2;
  const RunResult result = run(config);
  const LoadResult& load = result.parts[0].load;
  CHECK(load.calls() == 500);
  CHECK(load.client_queue.count() == 500);
  CHECK(load.wire.count() == 500);
  const double sum = static_cast<double>((load.client_queue.mean() + load.wire.mean()).count());
  CHECK(sum == doctest::Approx(static_cast<double>(load.round_trip.mean().count())).epsilon(0.001));
  CHECK(load.bytes_sent == 500 * 25);
  CHECK(load.bytes_received == 500 * 25);
  CHECK(result.cpu > Duration{});
}

void check_stages_add_up(const LoadResult& load) {
  Duration sum{};
  for (const profile::Measure& measure : profile::measures()) {
    if (!measure.is_stage) continue;
    CHECK((load.*measure.histogram).count() == load.round_trip.count());
    sum += (load.*measure.histogram).mean();
  }
  CHECK(static_cast<double>(sum.count()) ==
        doctest::Approx(static_cast<double>(load.round_trip.mean().count())).epsilon(0.001));
}

TEST_CASE("Load run: a handler's delay is in the handler's stage") {
  bool elsewhere = false;
  SUBCASE("on the server's loop") {}
  SUBCASE("on another thread") { elsewhere = true; }
  SlowServer server([](int) -> Duration { return milliseconds(20); }, true, elsewhere);
  LoadConfig config = config_for(server);
  config.requests = 30;
  config.server_timing = true;
  const LoadResult load = std::move(run(config).parts[0].load);
  check_stages_add_up(load);
  CHECK(load.handler.min() >= milliseconds(20));
  for (auto stage :
       {&LoadResult::client_queue, &LoadResult::server_queue, &LoadResult::reply_write, &LoadResult::wire}) {
    CHECK((load.*stage).percentile(50) < milliseconds(20));
  }
}

TEST_CASE("Load run: calls that wait for a loop are in the server's queue, replies that do in the writing") {
  // Four calls are sent at once and read at once: three wait for the handlers of others, and the replies
  // leave when all are done.
  SlowServer server([](int) -> Duration { return milliseconds(10); }, true);
  LoadConfig config = config_for(server);
  config.requests = 80;
  config.width = {1, 4};
  config.server_timing = true;
  const LoadResult load = std::move(run(config).parts[0].load);
  check_stages_add_up(load);
  CHECK(load.handler.min() >= milliseconds(10));
  CHECK(not_below(load.server_queue, milliseconds(10)) >= 20);
  CHECK(not_below(load.server_queue, milliseconds(30)) >= 5);
  CHECK(not_below(load.reply_write, milliseconds(10)) >= 20);
}

TEST_CASE("Load run: without the server's word there are no stages of it, and without asking neither") {
  LoadConfig config;
  bool tells = false;
  SUBCASE("it doesn't tell") { config.server_timing = true; }
  SUBCASE("nobody asks") { tells = true; }
  SlowServer server([](int) -> Duration { return {}; }, tells);
  config.target = server.address();
  config.payload = profile::PayloadSize(23);
  config.requests = 20;
  const LoadResult load = std::move(run(config).parts[0].load);
  CHECK(load.round_trip.count() == 20);
  CHECK(load.handler.count() == 0);
  CHECK(load.server.count() == 0);
  CHECK(load.client_queue.count() == 20);
  CHECK(load.wire.count() == 20);
}

TEST_CASE("Load run: requests of an open loop end it, the warm-up doesn't count") {
  SlowServer server([](int) -> Duration { return {}; });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("2000:1h");
  config.requests = 300;
  config.warmup = milliseconds(50);
  const RunResult result = run(config);
  CHECK(result.parts[0].load.calls() == 300);
  CHECK(server.calls() == 400);
  std::uint64_t timed = 0;
  for (const auto& interval : result.parts[0].load.timeline.intervals()) timed += interval.ok;
  CHECK(timed == 300);
}

TEST_CASE("Load run: payloads of several sizes are the same in each run of a seed") {
  const auto sent = [](std::uint64_t seed) {
    SlowServer server([](int) -> Duration { return {}; });
    LoadConfig config = config_for(server);
    config.requests = 300;
    config.width = {2, 3};
    config.threads = 2;
    config.payload = *profile::PayloadSize::parse("10:50%,100..20000:50%");
    config.seed = seed;
    const LoadResult load = std::move(run(config).parts[0].load);
    CHECK(load.of(grpc::StatusCode::kOk) == 300);
    CHECK(load.bytes_received == load.bytes_sent);
    CHECK(load.payload_bytes < load.bytes_sent);
    CHECK(profile::mean_payload(load) == doctest::Approx(5030).epsilon(0.25));
    return load.payload_bytes;
  };
  const std::uint64_t first = sent(7);
  CHECK(sent(7) == first);
  CHECK(sent(8) != first);
}

TEST_CASE("Load run: who watches sees the calls come in") {
  SlowServer server([](int) -> Duration { return {}; });
  LoadConfig config = config_for(server);
  config.schedule = *Schedule::parse("100:1500ms");
  auto load = LoadRun::create(config, [&](std::size_t) -> Result<std::vector<LoadSpec>> {
    std::vector<LoadSpec> loads;
    loads.push_back(
        {.part = {}, .work = profile::make_echo_work({profile::PayloadSize(23), 1, 0}), .think_time = {}});
    loads.back().part.is_open = true;
    return loads;
  });
  REQUIRE(load);
  int reports = 0;
  std::uint64_t calls = 0;
  const RunResult result = (*load)->run([&](const profile::Progress& progress) {
    ++reports;
    CHECK(progress.calls >= calls);
    calls = progress.calls;
    CHECK(progress.recent.count() <= progress.calls);
    CHECK(progress.elapsed >= seconds(1));
  });
  CHECK(reports >= 1);
  CHECK(calls > 0);
  CHECK(calls <= 150);
  CHECK(result.parts[0].load.calls() == 150);
}

TEST_CASE("Load run: a generator that lags says so") {
  RunResult result;
  result.parts.emplace_back();
  RunResult::Part& part = result.parts[0];
  part.is_open = true;
  part.load.by_status[0] = 1000;
  result.facts.lag_limit = milliseconds(1);
  for (int i = 0; i < 990; ++i) part.load.generator_lag.record(std::chrono::microseconds(500));
  for (int i = 0; i < 10; ++i) part.load.generator_lag.record(milliseconds(5));
  CHECK_FALSE(result.is_lagging());
  CHECK(result.is_good());
  part.load.generator_lag.record(milliseconds(5));
  CHECK(result.is_lagging());
  CHECK_FALSE(result.is_good());
}

}  // namespace
}  // namespace hawser::test
