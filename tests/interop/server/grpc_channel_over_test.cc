// hawser::grpc_channel_over: stock channels on sockets that this library connected.
#include "hawser/stock/grpc_channel.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "interop/server/echo_calls.h"
#include "support/fd_count.h"
#include "support/hybrid_monitor.h"

namespace hawser::test {
namespace {

TEST_CASE("grpc_channel_over: a stock stub calls over TCP or VSOCK, and UNIX, small and large") {
  EchoServer server;
  for (const std::string& target : {server->target(), server->unix_target()}) {
    const auto channel = grpc_channel_over(target);
    REQUIRE(channel);
    for (const std::size_t size : {0, 23, 3'000'000}) {
      const std::string payload(size, 'x');
      const EchoOutcome outcome = echo(*channel, payload);
      CHECK(outcome.status.ok());
      CHECK(outcome.response.payload() == payload);
    }
  }
}

TEST_CASE("grpc_channel_over: hybrid VSOCK, with the monitor's answer taken and nothing else (V-17)") {
  EchoServer server;
  HybridMonitor monitor(server->unix_target(), 5000);
  const auto channel = grpc_channel_over(monitor.target(5000));
  REQUIRE(channel);
  CHECK(echo(*channel, "through the monitor").response.payload() == "through the monitor");
  const auto refused = grpc_channel_over(monitor.target(5001));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ECONNREFUSED);
}

TEST_CASE("grpc_channel_over: the end of its connection is the end of the channel") {
  EchoServer server;
  const auto channel = grpc_channel_over(server->unix_target());
  REQUIRE(channel);
  REQUIRE(echo(*channel, "x").status.ok());
  server->destroy();
  CHECK(echo(*channel, "x").status.error_code() == ::grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("grpc_channel_over: what can't be connected to is an error and no channel") {
  const FdCount fds;
  CHECK(grpc_channel_over("nonsense").error().scope == ErrorScope::kUsage);
  CHECK(grpc_channel_over("vsock:any:1").error().scope == ErrorScope::kUsage);
  CHECK(grpc_channel_over("unix:/nonexistent/s").error().code == ENOENT);
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::test
