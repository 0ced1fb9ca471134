// Client-side health checking (gRPC proposal A17; P-114) of two servers of ours.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "grpc/health/v1/health.pb.h"
#include "hawser/client/unary_call.h"
#include "hawser/server/server.h"
#include "hawser/services/health.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using Status = services::HealthService::Status;
using std::chrono::milliseconds;

constexpr client::UnaryMethod<HealthCheckRequest, HealthCheckResponse> kCheck{"/grpc.health.v1.Health/Check"};

struct HealthyServer {
  HealthyServer() {
    server::ServerOptions options;
    options.workers = 1;
    server = value_of(server::Server::create(options));
    REQUIRE(health.add_to(*server));
    address = value_of(net::Address::parse("unix:" + folder.file("s"))).text();
    REQUIRE(server->listen(value_of(net::Address::parse(address))));
    REQUIRE(server->start());
    health.set("a.Service", Status::kServing);
  }

  ScratchFolder folder;
  services::HealthService health;
  std::string address;
  std::unique_ptr<server::Server> server;
};

struct TwoServers {
  TwoServers() { first.health.set("first", Status::kServing); }

  /// Who answers a call: "first" or "second", or the status that it fails with.
  std::string who() {
    HealthCheckRequest request;
    request.set_service("first");
    const auto reply = client::call(*channel, kCheck, request, {.timeout = std::chrono::seconds(20)});
    if (reply.ok()) return "first";
    return reply.status.code == grpc::StatusCode::kNotFound ? "second" : reply.status.message;
  }
  /// Nobody else answers several calls.
  bool only(const std::string& name) {
    for (int i = 0; i < 4; ++i) {
      if (who() != name) return false;
    }
    return true;
  }
  bool both() {
    const std::string one = who();
    const std::string other = who();
    return one != other && (one == "first" || one == "second") && (other == "first" || other == "second");
  }

  HealthyServer first, second;
  std::unique_ptr<client::Channel> channel =
      value_of(client::Channel::create(first.address + ',' + second.address,
                                       {.backoff = {.initial = milliseconds(5), .max = milliseconds(50)},
                                        .service_config = R"({"loadBalancingConfig": [{"round_robin": {}}],
                             "healthCheckConfig": {"serviceName": "a.Service"}})"}));
};

}  // namespace

TEST_CASE_FIXTURE(TwoServers, "health checks: a server of ours that doesn't serve gets no calls (P-114)") {
  CHECK(eventually([&] { return both(); }));
  second.health.set("a.Service", Status::kNotServing);
  CHECK(eventually([&] { return only("first"); }));
  second.health.set("a.Service", Status::kServing);
  CHECK(eventually([&] { return both(); }));
  first.health.remove("a.Service");
  CHECK(eventually([&] { return only("second"); }));
  second.health.shut_down();
  CHECK(eventually([&] { return only("health check: \"a.Service\" is SERVICE_UNKNOWN"); }));
}

TEST_CASE_FIXTURE(TwoServers,
                  "health checks: a server that ends gracefully isn't kept by them (P-81, P-114)") {
  CHECK(eventually([&] { return both(); }));
  const Instant begin = Clock::now();
  second.server->shutdown(std::chrono::hours(1));
  second.server->wait();
  CHECK(Clock::now() - begin < std::chrono::seconds(60));
  CHECK(eventually([&] { return only("first"); }));
}

}  // namespace hawser::test
