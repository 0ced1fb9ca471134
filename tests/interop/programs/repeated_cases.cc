// The cases that make many calls: soak tests, parallel calls, one backend of several
// (gRPC doc/interop-test-descriptions.md).
#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "interop/programs/test_case.h"

namespace hawser::interop {
namespace {

using Clock = std::chrono::steady_clock;

/// Counts what went wrong; keeps the first reason.
class Failures final {
 public:
  void add(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (count_++ == 0) first_ = why;
  }
  void demand_at_most(std::size_t most) {
    const std::lock_guard lock(mutex_);
    demand(count_ <= most,
           std::to_string(count_) + " failures, " + std::to_string(most) + " allowed; the first: " + first_);
  }

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::string first_;
};

void soak_call(TestClient& client, std::chrono::nanoseconds limit, Failures& failures) {
  const Clock::time_point start = Clock::now();
  try {
    call_large_unary(client);
  } catch (const CaseFailure& failure) {
    return failures.add(failure.what());
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  if (took > limit) failures.add("a call took " + std::to_string(took.count()) + " ms");
}

/// `use` gets the client for each call.
template <class Use>
void soak(const CaseOptions& options, Use use) {
  Failures failures;
  std::atomic<std::size_t> next{0};
  const Clock::time_point end = Clock::now() + options.soak_overall_limit;
  const auto work = [&] {
    while (next++ < options.soak_iterations) {
      if (Clock::now() >= end) {
        failures.add("the time was over");
      } else {
        use([&](TestClient& client) { soak_call(client, options.soak_call_limit, failures); });
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.soak_threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  failures.demand_at_most(options.soak_max_failures);
}

void rpc_soak(TestClient& client, const CaseOptions& options) {
  soak(options, [&](const auto& call) { call(client); });
}

void channel_soak(TestClient&, const CaseOptions& options) {
  soak(options, [&](const auto& call) { call(*options.make_client(options.target)); });
}

void long_lived_channel(TestClient& client, const CaseOptions& options) {
  for (std::size_t i = 0; i < options.soak_iterations; ++i) {
    if (i > 0) std::this_thread::sleep_for(options.long_lived_interval);
    call_large_unary(client);
  }
}

void concurrent_large_unary(TestClient& client, const CaseOptions& options) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = options.concurrent_calls;
  Failures failures;
  const SimpleRequest request = large_request();
  for (std::size_t i = 0; i < options.concurrent_calls; ++i) {
    client.start_unary_call(request, {}, [&](const Outcome& outcome, const SimpleResponse& response) {
      try {
        demand_ok("UnaryCall", outcome);
        demand_zeros("UnaryCall, response", response.payload(), kLargeResponseBytes);
      } catch (const CaseFailure& failure) {
        failures.add(failure.what());
      }
      const std::lock_guard lock(mutex);
      if (--left == 0) changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  failures.demand_at_most(0);
}

void pick_first_unary(TestClient& client, const CaseOptions&) {
  constexpr int kCalls = 100;
  SimpleRequest request;
  request.set_fill_server_id(true);
  std::string server;
  for (int i = 0; i < kCalls; ++i) {
    SimpleResponse response;
    demand_ok("UnaryCall", client.unary_call(request, {}, response));
    demand(!response.server_id().empty(), "the response has no server_id");
    if (i == 0) server = response.server_id();
    demand_equal("server of call " + std::to_string(i), response.server_id(), server);
  }
}

constexpr std::array kRepeatedCases = {
    TestCase{"rpc_soak", "many large calls over one channel, each in time", rpc_soak},
    TestCase{"channel_soak", "the same, each over a channel of its own", channel_soak},
    TestCase{"long_lived_channel", "calls with pauses between them", long_lived_channel},
    TestCase{"concurrent_large_unary", "1000 large calls at once", concurrent_large_unary},
    TestCase{"pick_first_unary", "all calls go to one server of several", pick_first_unary},
};

}  // namespace

std::span<const TestCase> repeated_cases() { return kRepeatedCases; }

}  // namespace hawser::interop
