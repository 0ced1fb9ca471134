#include "hawser/services/health.h"

#include <doctest/doctest.h>

#include "grpc/health/v1/health.pb.h"
#include "hawser/client/reader.h"
#include "hawser/client/unary_call.h"
#include "hawser/server/server.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::health::v1::HealthListRequest;
using ::grpc::health::v1::HealthListResponse;
using Status = services::HealthService::Status;

constexpr client::UnaryMethod<HealthCheckRequest, HealthCheckResponse> kHealthCheck{
    "/grpc.health.v1.Health/Check"};
constexpr client::UnaryMethod<HealthListRequest, HealthListResponse> kList{"/grpc.health.v1.Health/List"};
constexpr client::ServerStreaming<HealthCheckRequest, HealthCheckResponse> kWatch{
    "/grpc.health.v1.Health/Watch"};

// Only failing tests wait that long.
client::CallOptions bounded() {
  client::CallOptions options;
  options.timeout = std::chrono::seconds(20);
  return options;
}

HealthCheckRequest named(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

struct HealthFixture {
  HealthFixture() {
    server::ServerOptions options;
    options.workers = 1;
    server = value_of(server::Server::create(options));
    REQUIRE(health.add_to(*server));
    const auto address = value_of(net::Address::parse("unix:" + folder.file("s")));
    REQUIRE(server->listen(address));
    REQUIRE(server->start());
    channel = value_of(client::Channel::create(address.text()));
  }

  client::Reply<HealthCheckResponse> check(const std::string& service) {
    return client::call(*channel, kHealthCheck, named(service), bounded());
  }

  ScratchFolder folder;
  services::HealthService health;
  std::unique_ptr<server::Server> server;
  std::unique_ptr<client::Channel> channel;
};

// A Watch call, one status at a time.
class Watch final {
 public:
  Watch(HealthFixture& fixture, const std::string& service)
      : reader_(*fixture.channel, kWatch, named(service), bounded()) {}
  HealthCheckResponse::ServingStatus next() {
    HealthCheckResponse response;
    return reader_.read(response) ? response.status() : HealthCheckResponse::UNKNOWN;
  }

 private:
  client::Reader<HealthCheckResponse> reader_;
};

}  // namespace

TEST_CASE_FIXTURE(HealthFixture,
                  "Health: Check knows the server, and what was registered by exact name (P-111)") {
  CHECK(check("").response.status() == HealthCheckResponse::SERVING);
  CHECK(check("a.Service").status.code == grpc::StatusCode::kNotFound);
  health.set("a.Service", Status::kNotServing);
  CHECK(check("a.Service").response.status() == HealthCheckResponse::NOT_SERVING);
  CHECK(check("a.service").status.code == grpc::StatusCode::kNotFound);
  health.set("a.Service", Status::kServing);
  CHECK(check("a.Service").response.status() == HealthCheckResponse::SERVING);
  health.remove("a.Service");
  health.remove("a.Service");
  CHECK(check("a.Service").status.code == grpc::StatusCode::kNotFound);
}

TEST_CASE_FIXTURE(HealthFixture, "Health: List has all of them, up to a hundred (P-113)") {
  for (int i = 1; i < 100; ++i) health.set("s" + std::to_string(i), Status::kServing);
  health.set("s7", Status::kNotServing);
  auto reply = client::call(*channel, kList, HealthListRequest(), bounded());
  REQUIRE(reply.ok());
  CHECK(reply.response.statuses_size() == 100);
  CHECK(reply.response.statuses().at("").status() == HealthCheckResponse::SERVING);
  CHECK(reply.response.statuses().at("s7").status() == HealthCheckResponse::NOT_SERVING);
  health.set("s100", Status::kServing);
  reply = client::call(*channel, kList, HealthListRequest(), bounded());
  CHECK(reply.status.code == grpc::StatusCode::kResourceExhausted);
}

TEST_CASE_FIXTURE(HealthFixture, "Health: a watcher gets the status at once and then every change (P-112)") {
  health.set("a.Service", Status::kServing);
  Watch watch(*this, "a.Service");
  Watch other(*this, "");
  CHECK(watch.next() == HealthCheckResponse::SERVING);
  CHECK(other.next() == HealthCheckResponse::SERVING);
  health.set("a.Service", Status::kServing);  // no change
  health.set("a.Service", Status::kNotServing);
  CHECK(watch.next() == HealthCheckResponse::NOT_SERVING);
  health.remove("a.Service");
  CHECK(watch.next() == HealthCheckResponse::SERVICE_UNKNOWN);
  health.set("", Status::kNotServing);
  CHECK(other.next() == HealthCheckResponse::NOT_SERVING);  // and nothing before it
}

TEST_CASE_FIXTURE(HealthFixture, "Health: a service that isn't there yet can be watched (P-112)") {
  Watch watch(*this, "later");
  CHECK(watch.next() == HealthCheckResponse::SERVICE_UNKNOWN);
  health.set("later", Status::kServing);
  CHECK(watch.next() == HealthCheckResponse::SERVING);
}

TEST_CASE_FIXTURE(HealthFixture,
                  "Health: a watcher that doesn't read misses changes, never the last one (P-112)") {
  Watch watch(*this, "");
  CHECK(watch.next() == HealthCheckResponse::SERVING);
  // Far more than any buffer on the way holds.
  for (int i = 0; i < 200'000; ++i) health.set("", i % 2 == 0 ? Status::kNotServing : Status::kServing);
  health.set("", Status::kNotServing);
  health.set("last", Status::kServing);
  int seen = 0;
  auto status = HealthCheckResponse::SERVING;
  health.remove("");
  while ((status = watch.next()) != HealthCheckResponse::SERVICE_UNKNOWN) {
    REQUIRE(status != HealthCheckResponse::UNKNOWN);
    ++seen;
  }
  CHECK(seen < 200'000);
}

TEST_CASE_FIXTURE(HealthFixture, "Health: shutting down is for all names, and for good (P-112)") {
  health.set("a.Service", Status::kServing);
  Watch watch(*this, "a.Service");
  CHECK(watch.next() == HealthCheckResponse::SERVING);
  health.shut_down();
  CHECK(watch.next() == HealthCheckResponse::NOT_SERVING);
  health.set("a.Service", Status::kServing);
  health.set("", Status::kServing);
  health.remove("a.Service");
  CHECK(check("a.Service").response.status() == HealthCheckResponse::NOT_SERVING);
  CHECK(check("").response.status() == HealthCheckResponse::NOT_SERVING);
}

TEST_CASE_FIXTURE(HealthFixture, "Health: watchers come and go") {
  for (int i = 0; i < 50; ++i) {
    Watch watch(*this, "");
    CHECK(watch.next() == HealthCheckResponse::SERVING);
  }
  health.set("", Status::kNotServing);
  CHECK(check("").response.status() == HealthCheckResponse::NOT_SERVING);
}

}  // namespace hawser::test
