// What time does to a connection: keepalive, PINGs of the client, age, replies that nobody takes.
#include <doctest/doctest.h>

#include <set>

#include "support/in_all_chunkings.h"
#include "unit/server/streaming_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

std::string_view last_goaway_words(ServerFixture& server) {
  std::string_view words = "(none)";
  for (const Frame& frame : server.sent().frames()) {
    if (frame.type == FrameType::kGoaway && !frame.debug_data().empty()) words = frame.debug_data();
  }
  return words;
}

TEST_CASE("ServerProtocol: a silent client is sent a PING, and its answer is enough (P-90)") {
  server::ServerOptions options;
  options.keepalive_time = 100s;
  options.keepalive_timeout = 10s;
  in_all_chunkings([&](const Chunking& chunking) {
    ServerFixture server(options);
    server.handshake();
    for (int i = 0; i < 3; ++i) {
      server.sent().take();
      server.driver().advance(100s);
      REQUIRE(server.sent().summary() == "PING");
      server.client.frame(FrameType::kPing, kFlagAck, 0, server.sent().frames()[0].payload);
      server.feed(chunking);
    }
    server.driver().advance(99s);
    CHECK(server.goaway() == "none");
    CHECK(server.still_serves(1));
  });
}

TEST_CASE("ServerProtocol: a client that is dead is let go, and its calls are cancelled (P-90)") {
  server::ServerOptions options;
  options.keepalive_time = 100s;
  options.keepalive_timeout = 10s;
  StreamingFixture fixture(options);
  TestStream& stream = fixture.open();
  fixture.server.driver().advance(109s);
  CHECK(fixture.server.goaway() == "none");
  fixture.server.driver().advance(1s);
  CHECK(fixture.server.goaway() == "NO_ERROR");
  CHECK(fixture.server.driver().is_done());
  // Not only when the socket has closed, which the client may hold up.
  CHECK(stream.call.is_cancelled());
}

TEST_CASE(
    "ServerProtocol: the default keepalive is two hours and twenty seconds, with and without calls (P-90)") {
  const server::ServerOptions options;
  CHECK(options.keepalive_time == 2h);
  CHECK(options.keepalive_timeout == 20s);
}

TEST_CASE("ServerProtocol: over VSOCK a silent client is asked after 30 s, and dead 10 s later (V-14)") {
  for (const net::Family family : {net::Family::kVsock, net::Family::kHybridVsock}) {
    ServerFixture server;
    server.peer.family = family;
    server.connect();
    server.handshake();
    server.driver().advance(29s);
    CHECK(server.sent().summary().empty());
    server.driver().advance(1s);
    CHECK(server.sent().summary() == "PING");
    server.driver().advance(10s);
    CHECK(server.driver().is_done());
  }
}

TEST_CASE("ServerProtocol: over VSOCK clients may ask every 5 s, with and without calls (V-14)") {
  ServerFixture server;
  server.peer.family = net::Family::kVsock;
  server.connect();
  server.handshake();
  for (int i = 0; i < 10; ++i) {
    server.driver().advance(5s);
    server.client.ping(static_cast<std::uint64_t>(i));
    server.feed();
  }
  CHECK(server.goaway() == "none");
  for (int i = 0; i < 3; ++i) server.client.ping(static_cast<std::uint64_t>(i));
  server.feed();
  CHECK(last_goaway_words(server) == "too_many_pings");
}

TEST_CASE("ServerProtocol: a client that sends PINGs too often is told so and let go (P-91)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "x").ping(1).ping(2).ping(3);
    server.feed(chunking);
    CHECK(server.goaway() == "none");
    // P-11: each was answered, with its own bytes.
    CHECK(server.sent().count(FrameType::kPing) == 3);
    server.client.ping(4);
    server.feed(chunking);
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
    CHECK(last_goaway_words(server) == "too_many_pings");
    CHECK(server.driver().is_done());
  });
}

TEST_CASE("ServerProtocol: acknowledgements are no PINGs of the client's own (P-91)") {
  ServerFixture server;
  server.handshake();
  for (int i = 0; i < 10; ++i) server.client.ping(static_cast<std::uint64_t>(i), true);
  server.feed();
  CHECK(server.goaway() == "none");
}

TEST_CASE("ServerProtocol: PINGs between calls that are answered cost nothing (P-92)") {
  ServerFixture server;
  server.handshake();
  for (http2::StreamId id = 1; id < 2001; id += 2) {
    server.client.request(id, kEchoPath, "x").ping(1).ping(2);
    server.feed();
  }
  // Replies without a body, and early headers, are frames sent, too.
  for (http2::StreamId id = 2001; id < 3001; id += 2) {
    server.client.request(id, "/no.Such/Method", "x").ping(1).ping(2);
    server.feed();
  }
  CHECK(server.goaway() == "none");
}

TEST_CASE("ServerProtocol: each DATA and each early HEADERS that leaves forgives PINGs (P-92)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  const auto ping_three_times = [&] {
    fixture.client().ping(1).ping(2).ping(3);
    fixture.server.feed();
  };
  // Without a window no DATA is asked for, so the headers have to count themselves.
  fixture.client().settings({{SettingId::kInitialWindowSize, 0}});
  ping_three_times();
  stream.call.send_initial_metadata();
  fixture.server.driver().drain();
  ping_three_times();
  fixture.client().window_update(1, 1000);
  fixture.server.feed();
  for (int i = 0; i < 20; ++i) {
    stream.write("still here");
    fixture.server.driver().drain();
    ping_three_times();
  }
  CHECK(fixture.server.goaway() == "none");
  ping_three_times();
  CHECK(fixture.server.goaway() == "ENHANCE_YOUR_CALM");
}

TEST_CASE("ServerProtocol: a connection is drained for its age, and says why (P-83)") {
  server::ServerOptions options;
  options.max_connection_age = 1000s;
  StreamingFixture fixture(options);
  TestStream& stream = fixture.open();
  const auto answer_ping = [&] {
    const Frame* ping = fixture.server.sent().find(FrameType::kPing);
    REQUIRE(ping != nullptr);
    fixture.client().frame(FrameType::kPing, kFlagAck, 0, ping->payload);
    fixture.server.feed();
  };
  fixture.server.driver().advance(900s - 1ns);
  CHECK(fixture.server.goaway() == "none");
  fixture.server.driver().advance(200s + 2ns);
  REQUIRE(fixture.server.goaway() == "NO_ERROR");
  if (last_goaway_words(fixture.server) == "(none)") answer_ping();
  CHECK(last_goaway_words(fixture.server) == "max_age");
  // Without a grace calls have all the time that they want.
  fixture.server.driver().advance(1000h);
  CHECK_FALSE(fixture.server.driver().is_done());
  stream.write("still here");
  stream.finish();
  fixture.server.driver().drain();
  CHECK(fixture.server.status(1) == "0");
  CHECK(fixture.server.driver().is_done());
}

TEST_CASE("ServerProtocol: calls that outlast the grace of an aged connection are cut off (P-82, P-83)") {
  server::ServerOptions options;
  options.max_connection_age = 1000s;
  options.max_connection_age_grace = 60s;
  StreamingFixture fixture(options);
  TestStream& stream = fixture.open();
  // The drain is decided by 1,100 s; without the PING's answer the second GOAWAY follows after a second.
  fixture.server.driver().advance(900s);
  while (last_goaway_words(fixture.server) == "(none)") fixture.server.driver().advance(100ms);
  CHECK(fixture.server.driver().now() <= kTestStart + 1102s);
  fixture.server.driver().advance(59s);
  CHECK_FALSE(fixture.server.driver().is_done());
  fixture.server.driver().advance(1s);
  CHECK(fixture.server.driver().is_done());
  // Not only when the socket has closed, which the client may hold up.
  CHECK(stream.call.is_cancelled());
}

TEST_CASE("ServerProtocol: connections of one age don't all end at once (P-83)") {
  server::ServerOptions options;
  options.max_connection_age = 1000s;
  std::set<Instant> ends;
  std::vector<std::unique_ptr<ServerFixture>> servers;
  for (int i = 0; i < 50; ++i) {
    servers.push_back(std::make_unique<ServerFixture>(options));
    servers.back()->handshake();
    const Instant end = servers.back()->protocol().next_expiry();
    CHECK(end >= kTestStart + 900s);
    CHECK(end <= kTestStart + 1100s);
    ends.insert(end);
  }
  CHECK(ends.size() > 20);
}

TEST_CASE("ServerProtocol: an idle connection says why it ends (P-83)") {
  server::ServerOptions options;
  options.max_connection_idle = 60s;
  ServerFixture server(options);
  server.handshake();
  server.driver().advance(62s);
  CHECK(last_goaway_words(server) == "max_idle");
  CHECK(server.driver().is_done());
}

TEST_CASE(
    "ServerProtocol: a connection that has brought enough calls is drained, and none of them fails (P-87)") {
  in_all_chunkings([](const Chunking& chunking) {
    server::ServerOptions options;
    options.max_connection_calls = 3;
    ServerFixture server(options);
    server.handshake();
    server.client.request(1, kEchoPath, "a").request(3, kEchoPath, "b");
    server.feed(chunking);
    CHECK(server.goaway() == "none");
    // The fourth was on its way when the third filled the measure.
    server.client.request(5, kEchoPath, "c").request(7, kEchoPath, "d");
    server.feed(chunking);
    CHECK(server.goaway() == "NO_ERROR");
    const Frame* ping = server.sent().find(FrameType::kPing);
    REQUIRE(ping != nullptr);
    server.client.frame(FrameType::kPing, kFlagAck, 0, ping->payload);
    server.feed(chunking);
    for (const http2::StreamId id : {1, 3, 5, 7}) CHECK(server.status(id) == "0");
    CHECK(last_goaway_words(server) == "max_calls");
    CHECK(server.driver().is_done());
  });
}

// S-17, CVE-2019-9517: a request, no window, and the reply's memory would be held for ever.
TEST_CASE("ServerProtocol: a reply that its client doesn't take is given up after a minute (S-17)") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0}}).settings_ack();
  server.client.request(1, kEchoPath, "x").request(3, kEchoPath, "y");
  server.feed();
  CHECK(server.calls.in_use() == 2);
  server.driver().advance(59s);
  CHECK(server.sent().count(FrameType::kReset) == 0);
  // The other one moves on, byte by byte: slow, but not dead.
  for (int i = 0; i < 5; ++i) {
    server.client.window_update(3, 1);
    server.feed();
    server.driver().advance(29s);
  }
  CHECK(server.sent().find(FrameType::kReset, 1)->error_code() == ErrorCode::kCancel);
  CHECK(server.sent().find(FrameType::kReset, 3) == nullptr);
  CHECK(server.calls.in_use() == 1);
  server.client.window_update(3, 100);
  server.feed();
  CHECK(server.status(3) == "0");
  CHECK(server.protocol().next_expiry() == kNever);
  CHECK(server.goaway() == "none");
}

TEST_CASE("ServerProtocol: a stream whose handler waits for a slow client is left alone (S-17)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  stream.write(std::string(100'000, 'x'));
  fixture.server.driver().drain();
  fixture.server.driver().advance(10h);
  CHECK(fixture.server.sent().count(FrameType::kReset) == 0);
  // Once it has ended, the rest may not wait for ever.
  stream.finish();
  fixture.server.driver().drain();
  fixture.server.driver().advance(2min);
  CHECK(fixture.server.sent().find(FrameType::kReset, 1)->error_code() == ErrorCode::kCancel);
}

TEST_CASE("ServerProtocol: a trailer block that never ends ends the connection (S-22)") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_message("x"));
  server.client.headers(1, {{"x-late", "1"}}, {.end_stream = true, .end_headers = false});
  server.feed();
  server.driver().advance(20s - 1ns);
  CHECK(server.goaway() == "none");
  server.driver().advance(1ns);
  CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
}

// S-6: more handlers run than there may be streams, so the next stream is refused.
TEST_CASE("ServerProtocol: the block of a refused stream has the header timeout, too (S-22)") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 1;
  for (const bool ends : {false, true}) {
    ServerFixture server(options);
    server.handshake();
    server.hold_calls();
    for (http2::StreamId id = 1; id < 5; id += 2) {
      server.client.request(id, kEchoPath, "x").reset(id, ErrorCode::kCancel);
      server.feed();
    }
    server.client.headers(5, request_fields(kEchoPath), {.end_stream = true, .end_headers = ends});
    server.feed();
    server.driver().advance(20s);
    CHECK(server.goaway() == (ends ? "none" : "ENHANCE_YOUR_CALM"));
    if (ends) CHECK(server.sent().find(FrameType::kReset, 5)->error_code() == ErrorCode::kRefusedStream);
  }
}

TEST_CASE("ServerProtocol: trailers that end in time leave no timer behind (S-22)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath))
        .data(1, grpc_message("x"))
        .trailers(1, {{"x-late", "1"}});
    server.feed(chunking);
    CHECK(server.status(1) == "0");
    CHECK(server.protocol().next_expiry() == kNever);
  });
}

}  // namespace
}  // namespace hawser::test
