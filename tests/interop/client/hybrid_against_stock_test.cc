// Our client through a monitor's UNIX socket to a stock grpc++ server (V-17).
#include <doctest/doctest.h>

#include <string>

#include "echo.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/hybrid_monitor.h"

namespace hawser::test {
namespace {

constexpr client::UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kHybridEcho{
    "/echo.EchoService/Echo"};

::echo::EchoRequest request(const std::string& payload) {
  ::echo::EchoRequest message;
  message.set_payload(payload);
  return message;
}

TEST_CASE("hybrid VSOCK: calls of our client reach a stock server, small and large (V-17)") {
  StockServer server;
  HybridMonitor monitor(server.target(), 5000);
  const auto channel = value_of(client::Channel::create(monitor.target(5000)));
  for (const std::size_t size : {0, 23, 3'000'000}) {
    const auto reply = client::call(*channel, kHybridEcho, request(std::string(size, 'x')), {});
    CHECK(reply.status.message == "");
    REQUIRE(reply.ok());
  }
}

TEST_CASE("hybrid VSOCK: a port that nobody has is UNAVAILABLE, with the reason (V-17)") {
  StockServer server;
  HybridMonitor monitor(server.target(), 5000);
  const auto channel = value_of(client::Channel::create(monitor.target(5001)));
  const auto reply = client::call(*channel, kHybridEcho, request("x"), {});
  CHECK(reply.status.code == grpc::StatusCode::kUnavailable);
  CHECK(reply.status.message.find("nothing listens on port 5001 of its guest") != std::string::npos);
}

}  // namespace
}  // namespace hawser::test
