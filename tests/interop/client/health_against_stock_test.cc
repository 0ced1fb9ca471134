// Client-side health checking (gRPC proposal A17; P-114) of stock grpc++ servers with their own health
// service.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::UnaryMethod;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kHealthEcho{"/echo.EchoService/Echo"};

std::unique_ptr<StockServer> healthy_server() {
  ::grpc::EnableDefaultHealthCheckService(true);
  auto server = std::make_unique<StockServer>();
  ::grpc::EnableDefaultHealthCheckService(false);
  server->set_serving("a.Service", true);
  return server;
}

std::unique_ptr<Channel> connect_to(const std::string& target) {
  return value_of(Channel::create(
      target, {.backoff = {.initial = milliseconds(5), .max = milliseconds(50)}, .service_config = R"({
                                               "loadBalancingConfig": [{"round_robin": {}}],
                                               "healthCheckConfig": {"serviceName": "a.Service"}})"}));
}

client::ReplyHead checked_echo(Channel& channel) {
  return client::call(channel, kHealthEcho, ::echo::EchoRequest(), {.timeout = seconds(60)});
}

// How many of these calls a server got.
int share_of(StockServer& server, Channel& channel, int calls) {
  const int before = server.echo().calls();
  for (int i = 0; i < calls; ++i) REQUIRE(checked_echo(channel).ok());
  return server.echo().calls() - before;
}

TEST_CASE("stock servers: one that says it doesn't serve gets no calls, until it does (P-114)") {
  const auto first = healthy_server();
  const auto second = healthy_server();
  const auto channel = connect_to(first->target() + ',' + second->target());
  CHECK(eventually([&] { return share_of(*second, *channel, 4) == 2; }));
  second->set_serving("a.Service", false);
  CHECK(eventually([&] { return share_of(*second, *channel, 4) == 0; }));
  second->set_serving("other.Service", true);
  CHECK(share_of(*second, *channel, 20) == 0);
  second->set_serving("a.Service", true);
  CHECK(eventually([&] { return share_of(*second, *channel, 4) == 2; }));
  first->set_serving("a.Service", false);
  second->set_serving("a.Service", false);
  CHECK(eventually([&] { return checked_echo(*channel).status.code == grpc::StatusCode::kUnavailable; }));
}

TEST_CASE("stock servers: one without the health service is called all the same (P-114)") {
  const auto checked = healthy_server();
  StockServer unchecked;
  const auto channel = connect_to(checked->target() + ',' + unchecked.target());
  CHECK(eventually([&] { return share_of(unchecked, *channel, 4) == 2; }));
}

TEST_CASE("stock servers: the health check of one that ends doesn't hold it up (P-84, P-114)") {
  const auto first = healthy_server();
  auto second = healthy_server();
  const auto channel = connect_to(first->target() + ',' + second->target());
  CHECK(eventually([&] { return share_of(*second, *channel, 4) == 2; }));
  const Instant begin = Clock::now();
  second->drain(std::chrono::minutes(5));
  CHECK(Clock::now() - begin < seconds(60));
  CHECK(eventually([&] { return checked_echo(*channel).ok(); }));
}

}  // namespace
}  // namespace hawser::test
