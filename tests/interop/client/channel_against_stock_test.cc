// Channels over several stock grpc++ servers, and with service configs.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/eventually.h"
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

constexpr UnaryMethod<::echo::EchoRequest, Response> kEcho{"/echo.EchoService/Echo"};

Reply<Response> channel_echo(Channel& channel, const std::string& payload) {
  ::echo::EchoRequest request;
  request.set_payload(payload);
  return client::call(channel, kEcho, request, {.timeout = seconds(60), .wait_for_ready = true});
}

ChannelOptions quick() {
  return {.next_address_delay = milliseconds(20),
          .backoff = {.initial = milliseconds(5), .max = milliseconds(50)}};
}

TEST_CASE("stock servers: an address where nobody listens falls back to the next (P-99)") {
  StockServer server;
  const auto channel =
      value_of(Channel::create("unix-abstract:hawser-nobody-listens-here," + server.target(), quick()));
  for (int i = 0; i < 5; ++i) CHECK(channel_echo(*channel, "hello").response.payload() == "hello");
}

TEST_CASE("stock servers: pick_first stays with one, and goes to the next when that ends (I-15)") {
  StockServer first;
  StockServer second;
  const auto channel = value_of(Channel::create(first.target() + ',' + second.target(), quick()));
  for (int i = 0; i < 100; ++i) REQUIRE(channel_echo(*channel, "hello").ok());
  CHECK(first.echo().calls() == 100);
  CHECK(second.echo().calls() == 0);
  first.stop();
  CHECK(eventually([&] { return channel_echo(*channel, "hello").ok(); }));
  CHECK(second.echo().calls() >= 1);
}

TEST_CASE("stock servers: round_robin by service config calls them in turn (P-100)") {
  StockServer first;
  StockServer second;
  ChannelOptions options = quick();
  options.service_config = R"({"loadBalancingConfig": [{"round_robin": {}}]})";
  const auto channel = value_of(Channel::create(first.target() + ',' + second.target(), options));
  CHECK(eventually([&] { return channel_echo(*channel, "hello").ok() && second.echo().calls() > 0; }));
  CHECK(eventually([&] { return channel_echo(*channel, "hello").ok() && first.echo().calls() > 0; }));
  const int before = first.echo().calls();
  for (int i = 0; i < 100; ++i) REQUIRE(channel_echo(*channel, "hello").ok());
  CHECK(first.echo().calls() - before == 50);
}

TEST_CASE("stock servers: a retry policy tries again what failed without a message (P-105)") {
  StockServer server;
  ChannelOptions options = quick();
  options.service_config = R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.001s", "maxBackoff": "0.01s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["ABORTED"]}}]})";
  const auto channel = value_of(Channel::create(server.target(), options));
  CHECK(channel_echo(*channel, "status:10:always").status.code == grpc::StatusCode::kAborted);
  CHECK(server.echo().calls() == 4);
  CHECK(channel_echo(*channel, "status:13:other").status.code == grpc::StatusCode::kInternal);
  CHECK(server.echo().calls() == 5);
}

TEST_CASE("stock servers: an idle connection is closed, and made again when it is needed (P-96)") {
  StockServer server;
  ChannelOptions options = quick();
  options.idle_timeout = milliseconds(1);
  const auto channel = value_of(Channel::create(server.target(), options));
  for (int i = 0; i < 20; ++i) {
    REQUIRE(channel_echo(*channel, "hello").ok());
    std::this_thread::sleep_for(milliseconds(i % 4));  // idle, or about to be: calls race with the goodbye
  }
}

}  // namespace
}  // namespace hawser::test
