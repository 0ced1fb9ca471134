#include "hawser/interceptors/deadline_policy.h"

#include <doctest/doctest.h>

#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using interceptors::DeadlinePolicy;
using namespace std::chrono_literals;

struct DeadlinePolicyFixture {
  explicit DeadlinePolicyFixture(interceptors::DeadlineRules rules) : policy(rules), server(options()) {
    server.handshake();
  }
  server::ServerOptions options() {
    server::ServerOptions options;
    options.interceptors = {&policy};
    return options;
  }
  void call(http2::StreamId id, const char* timeout) {
    Fields fields = request_fields(kEchoPath);
    if (timeout != nullptr) fields.push_back({"grpc-timeout", timeout});
    server.client.headers(id, fields).data(id, grpc_message("x"), true);
    server.feed();
  }

  DeadlinePolicy policy;
  ServerFixture server;
};

}  // namespace

TEST_CASE("DeadlinePolicy: no call runs longer than the longest") {
  DeadlinePolicyFixture fixture({.longest = 3s});
  fixture.server.hold_calls();
  fixture.call(1, nullptr);
  fixture.call(3, "60S");
  fixture.call(5, "1S");
  fixture.server.driver().advance(1s);
  CHECK(fixture.server.status(5) == "4");
  fixture.server.driver().advance(2s - 1ns);
  CHECK(fixture.server.status(1) == "(none)");
  fixture.server.driver().advance(1ns);
  CHECK(fixture.server.status(1) == "4");
  CHECK(fixture.server.status(3) == "4");
}

TEST_CASE("DeadlinePolicy: a deadline may be required") {
  DeadlinePolicyFixture fixture({.required = true});
  fixture.call(1, nullptr);
  CHECK(fixture.server.status(1) == "7");
  fixture.call(3, "1S");
  CHECK(fixture.server.status(3) == "0");
}

}  // namespace hawser::test
