// Our client against a stock grpc++ server: many calls, many threads, servers that come and go.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::Reply;
using client::UnaryMethod;
using Response = ::echo::EchoResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UnaryMethod<::echo::EchoRequest, Response> kClientLoadEcho{"/echo.EchoService/Echo"};

Reply<Response> load_echo(Channel& channel, const std::string& payload, bool wait_for_ready = false) {
  ::echo::EchoRequest request;
  request.set_payload(payload);
  return client::call(channel, kClientLoadEcho, request,
                      {.timeout = seconds(60), .wait_for_ready = wait_for_ready});
}

std::string code_text(const client::ReplyHead& reply) { return std::string(to_string(reply.status.code)); }

ChannelOptions quick_backoff() { return {.backoff = {.initial = milliseconds(5), .max = milliseconds(50)}}; }

TEST_CASE("stock server: 10,000 calls on one connection, none of them refused or told to calm down (P-92)") {
  StockServer server;
  const auto channel = value_of(Channel::create(server.target()));
  constexpr int kCalls = 10'000;
  constexpr int kInFlight = 50;
  std::atomic<int> left = kCalls;
  std::atomic<int> good = 0;
  std::counting_semaphore<kInFlight> ended(0);
  // Each completion starts the next call: no thread is woken between.
  std::function<void()> next = [&] {
    const int number = left--;
    if (number <= 0) return ended.release();
    ::echo::EchoRequest request;
    request.set_payload(std::to_string(number));
    client::call_async<::echo::EchoRequest, Response>(
        *channel, kClientLoadEcho, request, {}, [&, number](const Reply<Response>& reply) {
          if (reply.ok() && reply.response.payload() == std::to_string(number)) ++good;
          next();
        });
  };
  for (int i = 0; i < kInFlight; ++i) next();
  for (int i = 0; i < kInFlight; ++i) ended.acquire();
  CHECK(good == kCalls);
  CHECK(server.echo().calls() == kCalls);
}

TEST_CASE("stock server: 64 threads at once over one channel") {
  StockServer server;
  const auto channel = value_of(Channel::create(server.target(), {.connections = 2}));
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(64);
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string payload = std::to_string(t) + ':' + std::to_string(i);
        const auto reply = load_echo(*channel, payload);
        if (reply.ok() && reply.response.payload() == payload) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 64 * 20);
}

TEST_CASE("stock server: large messages from several threads, both ways") {
  StockServer server;
  const auto channel = value_of(Channel::create(server.target()));
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(64);
  for (char letter : {'a', 'b', 'c', 'd'}) {
    threads.emplace_back([&, letter] {
      const std::string payload(4 * 1024 * 1024 - 16, letter);
      for (int i = 0; i < 3; ++i) {
        if (load_echo(*channel, payload).response.payload() == payload) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 12);
}

TEST_CASE("stock server: calls over its limit of streams wait for their turn (P-5)") {
  StockServer server(loopback(), 2);
  const auto channel = value_of(Channel::create(server.target()));
  constexpr int kCalls = 200;
  std::atomic<int> good = 0;
  std::counting_semaphore<kCalls> ended(0);
  for (int i = 0; i < kCalls; ++i) {
    ::echo::EchoRequest request;
    request.set_payload(std::to_string(i));
    client::call_async<::echo::EchoRequest, Response>(
        *channel, kClientLoadEcho, request, {.timeout = seconds(60)}, [&, i](const Reply<Response>& reply) {
          good += reply.response.payload() == std::to_string(i);
          ended.release();
        });
  }
  for (int i = 0; i < kCalls; ++i) ended.acquire();
  CHECK(good == kCalls);
  CHECK(server.echo().most_at_once() <= 2);
}

TEST_CASE("stock server: nothing listens, then something does") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const auto channel = value_of(Channel::create(target, quick_backoff()));
  const auto refused = load_echo(*channel, "hello");
  CHECK(code_text(refused) == "UNAVAILABLE");
  CHECK(refused.status.message.starts_with("connect to "));
  StockServer server(target);
  CHECK(code_text(load_echo(*channel, "hello", true)) == "OK");
}

TEST_CASE("stock server: a restart is survived, and what was on its way fails with UNAVAILABLE") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const auto channel = value_of(Channel::create(target, quick_backoff()));
  for (int round = 0; round < 3; ++round) {
    StockServer server(target);
    REQUIRE(code_text(load_echo(*channel, "hello", true)) == "OK");
    std::string code;
    std::thread waiting([&] { code = code_text(load_echo(*channel, "wait")); });
    while (server.echo().calls() < 2) REQUIRE(code_text(load_echo(*channel, "hello")) == "OK");
    server.stop();
    waiting.join();
    // Shutdown cancels the handler or cuts the connection, whichever is first.
    const bool expected = code == "UNAVAILABLE" || code == "CANCELLED";
    CAPTURE(code);
    CHECK(expected);
  }
}

TEST_CASE("stock server: calls while it drains all succeed or are sent again elsewhere (P-84)") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const auto channel = value_of(Channel::create(target, quick_backoff()));
  auto first = std::make_unique<StockServer>(target);
  std::atomic<bool> stop = false;
  std::atomic<int> good = 0;
  std::atomic<int> other = 0;
  std::vector<std::thread> callers;
  callers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      while (!stop) ++(load_echo(*channel, "hello", true).ok() ? good : other);
    });
  }
  while (good < 200) std::this_thread::yield();
  first.reset();
  StockServer second(target);
  const int before = good;
  while (good < before + 200) std::this_thread::yield();
  stop = true;
  for (std::thread& caller : callers) caller.join();
  // A call that the old server had taken may fail with it; calls afterwards don't.
  CHECK(other <= 8);
}

}  // namespace
}  // namespace hawser::test
