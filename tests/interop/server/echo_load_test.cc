#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "interop/server/echo_calls.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

// Errors of calls that ran on other threads: doctest's macros stay on this one.
struct Tally {
  std::atomic<int> failed{0};
  std::atomic<int> wrong{0};

  void add(const EchoOutcome& outcome, const std::string& payload) {
    if (!outcome.status.ok()) ++failed;
    if (outcome.response.payload() != payload) ++wrong;
  }
};

template <class Work>
void on_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("Echo: 10,000 calls of a client with default arguments stay on one connection without an error" *
          doctest::test_suite(kTcpOnly)) {
  EchoServer server;
  const auto channel = ::grpc::CreateChannel(server->target(), ::grpc::InsecureChannelCredentials());
  const auto stub = ::echo::EchoService::NewStub(channel);
  Tally tally;
  const std::string payload = "a payload of 23 bytes..";
  for (int i = 0; i < 10'000; ++i) {
    ::grpc::ClientContext context;
    tally.add(call_sync(*stub, context, echo_request(payload)), payload);
    if (i % 100 == 0) {
      REQUIRE((*server)->open_connections() == 1);
      REQUIRE(channel->GetState(false) == GRPC_CHANNEL_READY);
    }
  }
  CHECK(tally.failed == 0);
  CHECK(tally.wrong == 0);
  CHECK((*server)->open_connections() == 1);
  CHECK(channel->GetState(false) == GRPC_CHANNEL_READY);
}

TEST_CASE("Echo: 10,000 calls of 8 KiB in flight at once end without a GOAWAY") {
  EchoServer server;
  const auto channel = server->channel();
  Tally tally;
  std::atomic<int> other_connections{0};
  on_threads(16, [&](int) {
    const auto stub = ::echo::EchoService::NewStub(channel);
    const std::string payload(8 * 1024, 'k');
    for (int i = 0; i < 625; ++i) {
      ::grpc::ClientContext context;
      tally.add(call_sync(*stub, context, echo_request(payload)), payload);
      if ((*server)->open_connections() != 1) ++other_connections;
    }
  });
  CHECK(tally.failed == 0);
  CHECK(tally.wrong == 0);
  CHECK(other_connections == 0);
}

TEST_CASE("Echo: 64 threads at once get their own answers") {
  EchoServer server(workers(2));
  const auto channel = server->channel();
  Tally tally;
  on_threads(64, [&](int thread) {
    const auto stub = ::echo::EchoService::NewStub(channel);
    for (int i = 0; i < 20; ++i) {
      const std::string payload = std::to_string(thread) + ":" + std::to_string(i);
      ::grpc::ClientContext context;
      tally.add(kEchoApis[static_cast<std::size_t>(i % 3)].call(*stub, context, echo_request(payload)),
                payload);
    }
  });
  CHECK(tally.failed == 0);
  CHECK(tally.wrong == 0);
}

TEST_CASE("Echo: many channels spread over several workers") {
  EchoServer server(workers(4));
  std::vector<std::shared_ptr<::grpc::Channel>> channels;
  for (int i = 0; i < 16; ++i) channels.push_back(i % 4 == 3 ? server->unix_channel() : server->channel());
  Tally tally;
  on_threads(16, [&](int thread) {
    const auto stub = ::echo::EchoService::NewStub(channels[static_cast<std::size_t>(thread)]);
    for (int i = 0; i < 50; ++i) {
      const std::string payload = std::to_string(thread) + "/" + std::to_string(i);
      ::grpc::ClientContext context;
      tally.add(call_sync(*stub, context, echo_request(payload)), payload);
    }
  });
  CHECK(tally.failed == 0);
  CHECK(tally.wrong == 0);
  CHECK((*server)->open_connections() == 16);
  channels.clear();
  CHECK(eventually([&] { return (*server)->open_connections() == 0; }));
}

TEST_CASE("Echo: more calls at once than the server's streams wait and don't fail" *
          doctest::test_suite(kTcpOnly)) {
  server::ServerOptions options = workers(1);
  options.limits.max_concurrent_streams = 2;
  EchoServer server(options);
  const auto channel = server->channel();
  Tally tally;
  on_threads(24, [&](int) {
    const std::string payload(1000, 'q');
    for (int i = 0; i < 10; ++i) tally.add(echo(channel, payload), payload);
  });
  CHECK(tally.failed == 0);
  CHECK(tally.wrong == 0);
  CHECK((*server)->open_connections() == 1);
}

}  // namespace hawser::test
