// What the clock does to a connection: handshake, header blocks, deadlines, idleness. All by hand.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

Fields with_timeout(std::string_view timeout) {
  return with(request_fields(kEchoPath), "grpc-timeout", timeout);
}

TEST_CASE("ServerProtocol: a client has ten seconds for its SETTINGS (S-22)") {
  ServerFixture server;
  SUBCASE("and says nothing") {}
  SUBCASE("and says its preface only") { server.client.preface(); }
  SUBCASE("and stops within SETTINGS") { server.client.preface().raw(std::string("\0\0\x06\x04", 4)); }
  server.feed();
  CHECK(server.protocol().next_expiry() == kTestStart + 10s);
  server.driver().advance(10s - 1ns);
  CHECK(server.goaway() == "none");
  server.driver().advance(1ns);
  CHECK(server.goaway() == "SETTINGS_TIMEOUT");
  CHECK(server.sent().find(FrameType::kGoaway)->debug_data() == "no SETTINGS in time");
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a client has ten seconds to acknowledge our SETTINGS (S-22)") {
  ServerFixture server;
  server.client.client_start().request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.status(1) == "0");
  server.driver().advance(10s);
  CHECK(server.goaway() == "SETTINGS_TIMEOUT");
  CHECK(server.sent().find(FrameType::kGoaway)->debug_data() == "SETTINGS not acknowledged in time");
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a client that did both has no timer left") {
  ServerFixture server;
  server.handshake();
  CHECK(server.protocol().next_expiry() == kNever);
  server.driver().advance(24h);
  CHECK(server.still_serves(1));
}

TEST_CASE("ServerProtocol: a header block has twenty seconds (S-22)") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath), {.end_headers = false});
  server.feed();
  CHECK(server.protocol().next_expiry() == kTestStart + 20s);
  SUBCASE("that it doesn't use") {
    server.driver().advance(20s);
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
    CHECK(server.driver().is_done());
  }
  SUBCASE("in which it may end") {
    server.driver().advance(19s);
    server.client.frame(FrameType::kContinuation, kFlagEndHeaders, 1, "");
    server.client.data(1, grpc_message("x"), true);
    server.feed();
    CHECK(server.status(1) == "0");
    server.driver().advance(24h);
    CHECK(server.still_serves(3));
  }
}

TEST_CASE("ServerProtocol: dribbling CONTINUATIONs doesn't stretch the time of a header block") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath), {.end_headers = false});
  server.feed();
  for (int i = 0; i < 4; ++i) {
    server.driver().advance(5s);
    server.client.frame(FrameType::kContinuation, 0, 1, hpack_literal("x", "y"));
    server.feed();
  }
  CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
}

// The library resets such a request without a word about its end.
TEST_CASE("ServerProtocol: a malformed header block leaves no timer behind") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, with(request_fields(kEchoPath), "connection", "close"), {.end_stream = true});
    server.feed(chunking);
    REQUIRE(server.sent().summary() == "RST_STREAM 1 PROTOCOL_ERROR");
    CHECK(server.protocol().next_expiry() == kNever);
    server.driver().advance(1h);
    CHECK(server.goaway() == "none");
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: a deadline ends the call and cancels the handler (P-33)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.headers(1, with_timeout("100m")).data(1, grpc_message("x"), true);
    server.feed(chunking);
    CHECK(server.protocol().next_expiry() == kTestStart + 100ms);
    server.driver().advance(100ms - 1ns);
    CHECK_FALSE(server.held.front()->is_cancelled());
    server.driver().advance(1ns);
    CHECK(server.sent().summary() == "HEADERS 1 end");
    CHECK(server.status(1) == "4");
    CHECK(server.held.front()->is_cancelled());
    // The handler keeps its slot (S-6); what it says now goes nowhere.
    CHECK(server.protocol().running_calls() == 1);
    CHECK(server.protocol().next_expiry() == kNever);
    server.finish_held();
    CHECK(server.protocol().running_calls() == 0);
    CHECK(server.sent().summary() == "HEADERS 1 end");
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: a deadline passes while the request is still arriving") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, with_timeout("1S")).data(1, grpc_prefix(10));
  server.feed();
  server.driver().advance(1s);
  CHECK(server.sent().summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(server.status(1) == "4");
  CHECK(server.method->started == 0);
  CHECK(server.calls.in_use() == 0);
  CHECK(server.protocol().next_expiry() == kNever);
}

TEST_CASE("ServerProtocol: a call that is answered in time has no deadline left") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, with_timeout("1S")).data(1, grpc_message("x"), true);
  server.feed();
  CHECK(server.status(1) == "0");
  CHECK(server.protocol().next_expiry() == kNever);
}

TEST_CASE("ServerProtocol: a deadline that passes while the reply waits for the window changes nothing") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0}}).settings_ack();
  server.client.headers(1, with_timeout("1S")).data(1, grpc_message("x"), true);
  server.feed();
  server.driver().advance(2s);
  CHECK(server.sent().count(FrameType::kReset) == 0);
  server.client.window_update(1, 100);
  server.feed();
  CHECK(server.status(1) == "0");
}

TEST_CASE("ServerProtocol: many deadlines pass in their order") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  for (http2::StreamId id = 1; id < 201; id += 2) {
    server.client.headers(id, with_timeout(std::to_string((id * 37) % 101 + 1) + "m"));
    server.client.data(id, grpc_message("x"), true);
  }
  server.feed();
  REQUIRE(server.held.size() == 100);
  for (int ms = 1; ms <= 102; ++ms) {
    server.driver().advance(1ms);
    for (const server::ServerCall* call : server.held) {
      REQUIRE(call->is_cancelled() == (call->expires_at() <= server.driver().now()));
    }
  }
  for (http2::StreamId id = 1; id < 201; id += 2) CHECK(server.status(id) == "4");
}

TEST_CASE("ServerProtocol: deadlines of our own doing are no faults of the client") {
  ServerFixture server;
  server.handshake();
  http2::StreamId id = 1;
  for (int i = 0; i < 2000; ++i, id += 2) {
    server.method->on_start = [&](server::ServerCall& call) { server.held.push_back(&call); };
    server.client.headers(id, with_timeout("1m")).data(id, grpc_message("x"), true);
    server.feed();
    server.driver().advance(1ms);
    server.finish_held();
  }
  CHECK(server.goaway() == "none");
  CHECK(server.still_serves(id));
}

TEST_CASE("ServerProtocol: an idle connection is drained when the options say so (P-83)") {
  server::ServerOptions options;
  options.max_connection_idle = 60s;
  ServerFixture server(options);
  server.handshake();
  server.driver().advance(59s);
  CHECK(server.still_serves(1));
  server.driver().advance(59s);
  server.hold_calls();
  server.client.request(3, kEchoPath, "x");
  server.feed();
  // A stream is open: not idle, however long it takes.
  server.driver().advance(10min);
  CHECK(server.goaway() == "none");
  server.finish_held();
  server.driver().advance(60s);
  CHECK(server.goaway() == "NO_ERROR");
  server.driver().advance(1s);
  CHECK(server.driver().is_done());
}

}  // namespace
}  // namespace hawser::test
