// Streams that end before their time, by the client's reset or by ours for a fault: which of them are abuse
// (CONFORMANCE S-5 to S-8).
#include <doctest/doctest.h>

#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

// S-6, CVE-2023-44487: the slot is the handler's, not the stream's.
TEST_CASE("ServerProtocol: rapid resets never run more handlers than twice the limit") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 10;
  ServerFixture server(options);
  server.handshake();
  server.hold_calls();
  for (http2::StreamId id = 1; id < 201; id += 2) {
    server.client.request(id, kEchoPath, "x").reset(id, ErrorCode::kCancel);
  }
  server.feed();
  CHECK(server.held.size() == 20);
  CHECK(server.protocol().running_calls() == 20);
  CHECK(server.calls.in_use() == 20);
  for (const server::ServerCall* call : server.held) CHECK(call->is_cancelled());
  // A slot is free again when its handler has ended.
  server.finish_held();
  CHECK(server.still_serves(201));
}

TEST_CASE("ServerProtocol: after its calls have timed out a client may open as many again at once") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 10;
  ServerFixture server(options);
  server.handshake();
  server.hold_calls();
  for (http2::StreamId id = 1; id < 21; id += 2) server.client.request(id, kEchoPath, "x");
  for (http2::StreamId id = 1; id < 21; id += 2) server.client.reset(id, ErrorCode::kCancel);
  for (http2::StreamId id = 21; id < 41; id += 2) server.client.request(id, kEchoPath, "x");
  server.feed();
  CHECK(server.protocol().running_calls() == 20);
  while (!server.held.empty()) server.finish_held();
  for (http2::StreamId id = 21; id < 41; id += 2) CHECK(server.status(id) == "0");
}

// S-7.
TEST_CASE("ServerProtocol: a client that resets most of what it opens is sent away") {
  ServerFixture server;
  server.handshake();
  http2::StreamId id = 1;
  for (; id < 4001 && server.goaway() == "none"; id += 2) {
    server.client.headers(id, request_fields(kEchoPath)).reset(id, ErrorCode::kCancel);
    server.feed();
  }
  CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
  CHECK(id == 1001);
  CHECK(server.driver().is_done());
}

TEST_CASE("ServerProtocol: a client that cancels slowly or rarely is not") {
  ServerFixture server;
  server.handshake();
  http2::StreamId id = 1;
  for (int i = 0; i < 1000; ++i, id += 4) {
    server.client.request(id, kEchoPath, "x");
    server.client.headers(id + 2, request_fields(kEchoPath)).reset(id + 2, ErrorCode::kCancel);
    server.feed();
  }
  CHECK(server.goaway() == "none");
  CHECK(server.still_serves(id));
}

// After a stop of this process, or of its machine, requests and their resets are read together.
TEST_CASE("ServerProtocol: calls that ran out of time while we didn't read are no abuse (S-7)") {
  const auto feed_calls = [](ServerFixture& server) {
    for (http2::StreamId id = 1; id < 2001; id += 2) {
      server.client.headers(id, with(request_fields(kEchoPath), "grpc-timeout", "50m"));
      server.client.reset(id, ErrorCode::kCancel);
    }
    server.feed(Chunking::random(4096));
  };
  SUBCASE("after a stop") {
    ServerFixture server;
    server.handshake();
    server.driver().advance(25ms);
    feed_calls(server);
    CHECK(server.goaway() == "none");
    CHECK(server.still_serves(2001));
  }
  SUBCASE("without one") {
    ServerFixture server;
    server.handshake();
    server.driver().advance(24ms);
    feed_calls(server);
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
  }
}

// S-8, CVE-2025-8671 (MadeYouReset): faults that make us reset are counted as the client's resets.
TEST_CASE("ServerProtocol: a client that makes us reset is sent away") {
  using Fault = void (*)(FrameScript&, http2::StreamId);
  const std::pair<std::string_view, Fault> faults[] = {
      {"a window over 2^31-1",
       [](FrameScript& s, http2::StreamId id) {
         s.headers(id, request_fields(kEchoPath)).window_update(id, 0x7FFF'FFFF);
       }},
      {"a body that content-length contradicts",
       [](FrameScript& s, http2::StreamId id) {
         s.headers(id, with(request_fields(kEchoPath), "content-length", "9")).data(id, "x", true);
       }},
      {"a forbidden field",
       [](FrameScript& s, http2::StreamId id) {
         s.headers(id, with(request_fields(kEchoPath), "connection", "close"), {.end_stream = true});
       }},
      {"trailers without END_STREAM",
       [](FrameScript& s, http2::StreamId id) {
         s.headers(id, request_fields(kEchoPath)).headers(id, {{"x", "y"}});
       }},
  };
  for (const auto& row : faults) {
    CAPTURE(row.first);
    ServerFixture server;
    server.handshake();
    http2::StreamId id = 1;
    for (; id < 20'001 && !server.protocol().finished(); id += 2) {
      row.second(server.client, id);
      server.feed();
    }
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
    CHECK(id / 2 <= 502);
  }
}

TEST_CASE("ServerProtocol: a few faults a second are forgiven") {
  ServerFixture server;
  server.handshake();
  http2::StreamId id = 1;
  for (; id < 4001; id += 2) {
    server.client.headers(id, with(request_fields(kEchoPath), "connection", "close"), {.end_stream = true});
    server.client.headers(id + 2, request_fields(kEchoPath)).data(id + 2, grpc_message("x"), true);
    id += 2;
    server.feed();
    server.driver().advance(40ms);
  }
  CHECK(server.goaway() == "none");
}
// Handlers that answer late, so that no reset finds its call answered.
TEST_CASE(
    "ServerProtocol: streams that are opened and reset at once are abuse, whatever code they give (S-7)") {
  for (const http2::ErrorCode code : {http2::ErrorCode::kCancel, http2::ErrorCode::kNoError}) {
    CAPTURE(to_string(code));
    ServerFixture server;
    server.handshake();
    for (http2::StreamId id = 1; id < 2001 && server.sent().find(FrameType::kGoaway) == nullptr; id += 2) {
      server.client.headers(id, request_fields(kEchoPath)).reset(id, code);
      server.feed();
    }
    const Frame* goaway = server.sent().find(FrameType::kGoaway);
    REQUIRE(goaway != nullptr);
    CHECK(goaway->error_code() == http2::ErrorCode::kEnhanceYourCalm);
  }
}

TEST_CASE("ServerProtocol: a peer that resets stream after stream is let go, whatever the session (S-5)") {
  server::ServerOptions options;
  options.limits.reset_burst = 10;
  options.limits.resets_per_second = 1;
  ServerFixture server(options);
  server.handshake();
  for (http2::StreamId id = 1; id < 41; id += 2) {
    server.client.headers(id, request_fields(kEchoPath)).reset(id, http2::ErrorCode::kCancel);
  }
  server.feed();
  REQUIRE(server.sent().find(FrameType::kGoaway) != nullptr);
  CHECK(server.driver().is_done());
}

}  // namespace
}  // namespace hawser::test
