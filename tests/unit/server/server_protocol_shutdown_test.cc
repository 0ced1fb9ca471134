// The graceful end: GOAWAY in two steps, and what happens between and after them (P-81).
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

// Begins the end and lets the first step out.
void shut_down(ServerFixture& server) {
  server.protocol().shutdown(server.driver().now());
  CHECK(server.driver().output_ready());
  server.driver().drain();
}

// Answers the PING of the first step, as every client does.
void answer_ping(ServerFixture& server) {
  const Frame* ping = server.sent().find(FrameType::kPing);
  REQUIRE(ping != nullptr);
  server.client.frame(FrameType::kPing, kFlagAck, 0, ping->payload);
}

TEST_CASE("ServerProtocol: the end begins with a GOAWAY that refuses nothing, and a PING") {
  ServerFixture server;
  server.handshake();
  shut_down(server);
  CHECK(server.sent().summary() == "GOAWAY 2147483647 NO_ERROR, PING");
  CHECK_FALSE(server.protocol().finished());
  // Being told twice is being told once.
  server.protocol().shutdown(server.driver().now());
  server.driver().drain();
  CHECK(server.sent().summary() == "GOAWAY 2147483647 NO_ERROR, PING");
}

TEST_CASE("ServerProtocol: the PING's answer brings the second step, which ends an idle connection") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    CHECK(server.still_serves(1));
    server.sent().take();
    shut_down(server);
    answer_ping(server);
    server.feed(chunking);
    CHECK(server.sent().summary() == "GOAWAY 2147483647 NO_ERROR, PING, GOAWAY 1 NO_ERROR");
    CHECK(server.driver().is_done());
  });
}

TEST_CASE("ServerProtocol: streams that come between the two steps are served") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "before");
    server.feed(chunking);
    shut_down(server);
    server.client.request(3, kEchoPath, "between");
    answer_ping(server);
    server.client.request(5, kEchoPath, "after");
    server.feed(chunking);
    // The last stream came after the second step was decided: the GOAWAY says that it was not processed, so
    // no handler may have seen it.
    const Frame* reset = server.sent().find(FrameType::kReset);
    CHECK((reset == nullptr || reset->summary() == "RST_STREAM 5 REFUSED_STREAM"));
    CHECK(server.sent().summary().find("GOAWAY 3 NO_ERROR") != std::string::npos);
    REQUIRE(server.held.size() == 2);
    CHECK_FALSE(server.protocol().finished());
    server.finish_held("one");
    CHECK(server.status(1) == "0");
    CHECK_FALSE(server.protocol().finished());
    server.finish_held("two");
    CHECK(server.status(3) == "0");
    CHECK(server.driver().is_done());
  });
}

TEST_CASE("ServerProtocol: a client that doesn't answer the PING gets the second step after a second") {
  ServerFixture server;
  server.handshake();
  shut_down(server);
  CHECK(server.protocol().next_expiry() == kTestStart + 1s);
  server.driver().advance(1s);
  CHECK(server.sent().summary() == "GOAWAY 2147483647 NO_ERROR, PING, GOAWAY 0 NO_ERROR");
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: somebody else's PING payload brings no second step") {
  ServerFixture server;
  server.handshake();
  shut_down(server);
  server.client.ping(12345, true);
  server.feed();
  CHECK(server.sent().count(FrameType::kGoaway) == 1);
}

TEST_CASE("ServerProtocol: a late answer to the PING changes nothing") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  shut_down(server);
  server.driver().advance(2s);
  answer_ping(server);
  server.feed();
  CHECK(server.sent().count(FrameType::kGoaway) == 2);
  server.finish_held();
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a call that is still arriving when the end begins is served") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(5));
  server.feed();
  shut_down(server);
  answer_ping(server);
  server.feed();
  server.client.data(1, "hello", true);
  server.feed();
  CHECK(server.status(1) == "0");
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a client's reset is enough for the last stream of the end") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  shut_down(server);
  answer_ping(server);
  server.client.reset(1, ErrorCode::kCancel);
  server.feed();
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: the end may begin before the handshake") {
  ServerFixture server;
  shut_down(server);
  server.driver().advance(1s);
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a client's GOAWAY lets its calls finish") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "x").goaway(0, ErrorCode::kNoError, "bye");
    server.feed(chunking);
    CHECK_FALSE(server.protocol().finished());
    server.finish_held();
    CHECK(server.status(1) == "0");
    CHECK(server.driver().is_done());
  });
}

// S-5: the library's own limiter stops counting once a GOAWAY is queued; ours must not.
TEST_CASE("ServerProtocol: resets are still counted during the end") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  shut_down(server);
  http2::StreamId id = 3;
  for (; id < 4001 && !server.protocol().finished(); id += 2) {
    server.client.headers(id, request_fields(kEchoPath)).reset(id, ErrorCode::kCancel);
    server.feed();
  }
  CHECK(id < 1100);
  CHECK(server.sent().frames().back().error_code() == ErrorCode::kEnhanceYourCalm);
}

}  // namespace
}  // namespace hawser::test
