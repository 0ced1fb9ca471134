#include "hawser/interceptors/rate_limit.h"

#include <doctest/doctest.h>

#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using interceptors::RateLimit;
using namespace std::chrono_literals;

struct RateLimitFixture {
  explicit RateLimitFixture(interceptors::RateRules rules) : limit(rules), server(options()) {
    server.handshake();
  }
  server::ServerOptions options() {
    server::ServerOptions options;
    options.interceptors = {&limit};
    return options;
  }
  std::string call() {
    const http2::StreamId id = next_id;
    next_id += 2;
    server.client.request(id, kEchoPath, "x");
    server.feed();
    return server.status(id);
  }
  std::string pushback() {
    return std::string(server.sent().last_headers(next_id - 2).header("grpc-retry-pushback-ms"));
  }

  RateLimit limit;
  ServerFixture server;
  http2::StreamId next_id = 1;
};

}  // namespace

TEST_CASE("RateLimit: a burst passes, then so many a second; the rest is told when to come back") {
  RateLimitFixture fixture({.total = {.per_second = 10, .burst = 3}});
  for (int i = 0; i < 3; ++i) CHECK(fixture.call() == "0");
  CHECK(fixture.call() == "8");
  CHECK(fixture.pushback() == "101");  // rounded up, never too early
  fixture.server.driver().advance(99ms);
  CHECK(fixture.call() == "8");
  CHECK(fixture.pushback() == "2");
  fixture.server.driver().advance(1ms);
  CHECK(fixture.call() == "0");
  CHECK(fixture.call() == "8");
  fixture.server.driver().advance(1h);  // it holds no more than the burst
  for (int i = 0; i < 3; ++i) CHECK(fixture.call() == "0");
  CHECK(fixture.call() == "8");
}

TEST_CASE("RateLimit: peers have buckets of their own") {
  RateLimitFixture fixture({.per_peer = {.per_second = 1, .burst = 1}});
  CHECK(fixture.call() == "0");
  CHECK(fixture.call() == "8");
  fixture.server.driver().advance(1s);
  CHECK(fixture.call() == "0");
}

TEST_CASE("RateLimit: a call that its peer's bucket refuses takes nothing from the total") {
  RateLimitFixture fixture(
      {.total = {.per_second = 0.001, .burst = 2}, .per_peer = {.per_second = 1, .burst = 1}});
  CHECK(fixture.call() == "0");
  for (int i = 0; i < 5; ++i) CHECK(fixture.call() == "8");
  fixture.server.driver().advance(1s);
  CHECK(fixture.call() == "0");
}

TEST_CASE("RateLimit: forgotten peers start again, memory is bounded") {
  RateLimitFixture fixture({.per_peer = {.per_second = 0.001, .burst = 1}, .most_peers = 1});
  CHECK(fixture.call() == "0");
  CHECK(fixture.call() == "8");
}

TEST_CASE("RateLimit: no rate is no limit") {
  RateLimitFixture fixture({});
  for (int i = 0; i < 50; ++i) CHECK(fixture.call() == "0");
}

}  // namespace hawser::test
