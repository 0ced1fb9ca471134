// Connections that begin wrong, stop in the middle, or mean harm.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

TEST_CASE("ServerProtocol: what is not HTTP/2 is told so and closed (P-1)") {
  const std::string_view rows[] = {
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "POST /test.Echo/Call HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS ClientHello on a cleartext port",
      "garbage that is longer than a connection preface",
  };
  for (const std::string_view bytes : rows) {
    CAPTURE(bytes);
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.client.raw(bytes);
      server.feed(chunking);
      CHECK(server.goaway() == "PROTOCOL_ERROR");
      CHECK(server.driver().is_done());
      CHECK(server.method->started == 0);
    });
  }
}

TEST_CASE("ServerProtocol: a preface without SETTINGS behind it is a protocol error") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.client.preface().request(1, kEchoPath, "x");
    server.feed(chunking);
    CHECK(server.goaway() == "PROTOCOL_ERROR");
    CHECK(server.driver().is_done());
    CHECK(server.method->started == 0);
  });
}

TEST_CASE("ServerProtocol: a connection may stop at any byte") {
  FrameScript script;
  script.client_start().settings_ack();
  script.headers(1, request_fields(kEchoPath), {.padding = 3, .fragment = 30});
  script.data(1, grpc_message("hello"), true, 7)
      .ping(1)
      .window_update(0, 1000)
      .goaway(0, ErrorCode::kNoError);
  const std::string bytes = script.take();
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    CAPTURE(size);
    ServerFixture server;
    server.hold_calls();
    server.client.raw(bytes.substr(0, size));
    server.feed();
    CHECK(server.goaway() == "none");
    server.driver().disconnect();
    CHECK(server.calls.in_use() == server.held.size());
  }
}

TEST_CASE("ServerProtocol: any flipped byte leaves a connection that serves or one that has ended") {
  FrameScript script;
  script.client_start().settings_ack().request(1, kEchoPath, "hello").request(3, kEchoPath, "again");
  const std::string bytes = script.take();
  std::mt19937_64 random = seeded_generator(0xF11B);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CAPTURE(i);
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 + random() % 255));
    ServerFixture server;
    server.client.raw(changed);
    server.feed(Chunking::random(50, i));
    server.driver().advance(5min);
    // Either way nobody is left behind.
    server.driver().disconnect();
    CHECK(server.calls.in_use() == 0);
  }
}

TEST_CASE("ServerProtocol: random bytes behind a good start harm nobody") {
  std::mt19937_64 random = seeded_generator(0xBAD);
  for (int round = 0; round < 300; ++round) {
    ServerFixture server;
    server.handshake();
    std::string noise(random() % 400, '\0');
    for (char& byte : noise) byte = static_cast<char>(random() % (round % 2 == 0 ? 256 : 4));
    server.client.raw(noise);
    server.feed(Chunking::random(30, static_cast<std::uint64_t>(round)));
    server.driver().advance(5min);
  }
}

TEST_CASE("ServerProtocol: frames that break HTTP/2 end the connection and cancel its calls") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "x").data(1, "after END_STREAM");
    server.feed(chunking);
    CHECK(server.goaway() == "STREAM_CLOSED");
    CHECK(server.driver().is_done());
    server.driver().disconnect();
    REQUIRE(server.held.size() == 1);
    CHECK(server.held.front()->is_cancelled());
  });
}

TEST_CASE("ServerProtocol: streams over the limit are refused until the client knows it (P-6)") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 2;
  in_all_chunkings([&](const Chunking& chunking) {
    ServerFixture server(options);
    server.hold_calls();
    server.client.client_start();
    for (const http2::StreamId id : {1, 3, 5}) server.client.request(id, kEchoPath, "x");
    server.feed(chunking);
    CHECK(server.held.size() == 2);
    CHECK(server.sent().summary().ends_with("RST_STREAM 5 REFUSED_STREAM"));
    server.client.settings_ack();
    server.feed(chunking);
    server.finish_held();
    CHECK(server.still_serves(7));
  });
}

// S-4, S-9, S-16. Acknowledgements drain at once here, so only our own count can stop these.
TEST_CASE("ServerProtocol: floods of frames without work end the connection") {
  using Add = void (*)(FrameScript&);
  const std::pair<std::string_view, Add> floods[] = {
      {"PING", [](FrameScript& s) { s.ping(1); }},
      {"SETTINGS", [](FrameScript& s) { s.settings(); }},
      {"PRIORITY", [](FrameScript& s) { s.priority(1, 0); }},
      {"WINDOW_UPDATE of the connection", [](FrameScript& s) { s.window_update(0, 1); }},
      {"WINDOW_UPDATE of a stream", [](FrameScript& s) { s.window_update(1, 1); }},
      {"empty DATA", [](FrameScript& s) { s.data(1, ""); }},
      {"DATA of padding", [](FrameScript& s) { s.data(1, "", false, 0); }},
      {"unknown frames", [](FrameScript& s) { s.frame(0xEE, 0, 0, ""); }},
  };
  for (const auto& row : floods) {
    CAPTURE(row.first);
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath));
    server.feed();
    int frames = 0;
    for (; frames < 20'000 && !server.protocol().finished(); ++frames) {
      row.second(server.client);
      server.feed();
    }
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
    CHECK(frames <= 1010);
  }
}

TEST_CASE("ServerProtocol: a peer that sends PINGs and doesn't read is stopped (CVE-2019-9512)") {
  ServerFixture server;
  server.handshake();
  server.driver().set_blocked(true);
  // In one read, so that no acknowledgement can leave in between.
  for (int i = 0; i < 500; ++i) server.client.ping(1);
  server.feed();
  server.driver().set_blocked(false);
  CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
}

TEST_CASE("ServerProtocol: PINGs at a civil rate go on for ever where they are permitted") {
  server::ServerOptions options;
  options.min_ping_interval = 20ms;
  options.permit_pings_without_calls = true;
  ServerFixture server(options);
  server.handshake();
  for (int i = 0; i < 5000; ++i) {
    server.client.ping(1);
    server.feed();
    server.driver().advance(20ms);
  }
  CHECK(server.goaway() == "none");
  CHECK(server.still_serves(1));
}

// S-17, CVE-2019-9517: what a peer doesn't read is bounded.
TEST_CASE("ServerProtocol: output waits at the high-water mark for a peer that doesn't read") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0x7FFF'FFFF}}).settings_ack();
  server.client.window_update(0, 0x7000'0000);
  server.feed();
  server.driver().set_blocked(true);
  server.method->on_start = [](server::ServerCall& call) { reply_with(call, std::string(1'000'000, 'x')); };
  for (http2::StreamId id = 1; id < 21; id += 2) server.client.request(id, kEchoPath, "x");
  server.feed();
  CHECK(server.driver().queued_bytes() >= io::Protocol::kOutputHighWater);
  CHECK(server.driver().queued_bytes() < io::Protocol::kOutputHighWater + 32 * 1024);
  // It is read on: it may be waiting for us to do so before it reads (RFC 9113 5.2.2).
  CHECK(server.driver().wants_input());
  server.driver().set_blocked(false);
  for (http2::StreamId id = 1; id < 21; id += 2) CHECK(server.status(id) == "0");
}

// S-16: in nghttp2 the replies to calls that the peer has reset wait until the peer reads, so reading stops;
// in our own session they have gone with their streams.
TEST_CASE("ServerProtocol: a peer that resets its calls and doesn't read takes no memory") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0x7FFF'FFFF}}).settings_ack();
  server.client.window_update(0, 0x7000'0000);
  server.feed();
  server.driver().set_blocked(true);
  server.method->on_start = [](server::ServerCall& call) { reply_with(call, std::string(1'000'000, 'x')); };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  const std::size_t blocks = server.memory.blocks_in_use();
  for (http2::StreamId id = 3; id < 20'000 && server.driver().wants_input(); id += 2) {
    server.client.request(id, kEchoPath, "x").reset(id, http2::ErrorCode::kCancel);
    server.feed();
  }
  CHECK((server.memory.blocks_in_use() < blocks + 10 || !server.driver().wants_input()));
  CHECK(server.memory.blocks_in_use() < 20'000);
  CHECK(server.driver().queued_bytes() < io::Protocol::kOutputHighWater + 32 * 1024);
}

// S-16: each refusal is a frame that waits.
TEST_CASE("ServerProtocol: a peer whose streams are refused and that doesn't read takes little memory") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0x7FFF'FFFF}});
  server.client.window_update(0, 0x7000'0000);
  server.feed();
  server.driver().set_blocked(true);
  server.method->on_start = [](server::ServerCall& call) { reply_with(call, std::string(1'000'000, 'x')); };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  for (http2::StreamId id = 3; id < 20'000 && server.driver().wants_input(); id += 2) {
    server.client.headers(id, request_fields(kEchoPath));
    server.feed();
  }
  // It isn't read any more, or it was told to calm down and nothing that it sends is looked at.
  CHECK(server.memory.blocks_in_use() < 8'000);
  server.driver().set_blocked(false);
  server.driver().drain();
  CHECK((server.sent().find(FrameType::kGoaway) != nullptr || server.driver().wants_input()));
}

TEST_CASE("ServerProtocol: a peer's fault is logged once, with the peer and the reason") {
  struct Recorder final : log::Sink {
    bool enabled(log::Level level) const override { return level >= log::Level::kInfo; }
    void write(log::Level, std::string_view message, std::initializer_list<log::Field> fields) override {
      lines.emplace_back(message);
      for (const log::Field& field : fields) {
        lines.back() += " " + std::string(field.key) + "=" + std::string(field.value);
      }
    }
    std::vector<std::string> lines;
  } recorder;
  server::ServerOptions options;
  options.log = &recorder;
  ServerFixture server(options);
  server.handshake();
  CHECK(server.still_serves(1));
  CHECK(recorder.lines.empty());
  std::string block;
  for (int i = 0; i < 2000; ++i) block += hpack_literal("a", "");
  server.client.header_block(3, block).raw("and more");
  server.feed();
  server.driver().advance(1h);
  server.driver().disconnect();
  REQUIRE(recorder.lines.size() == 1);
  CHECK(
      recorder.lines[0] ==
      "connection ended for a fault of the peer peer=ipv4:192.0.2.1:4711 why=header list far over the limit");
}

TEST_CASE("ServerProtocol: a connection that ends while its output is blocked asks for no more time") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kInitialWindowSize, 0x7FFF'FFFF}}).settings_ack();
  server.client.window_update(0, 0x7000'0000);
  server.feed();
  server.driver().set_blocked(true);
  server.method->on_start = [&](server::ServerCall& call) { reply_with(call, std::string(1'000'000, 'x')); };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  // A second call, with a deadline and no end, and an offence that ends the connection.
  server.client.headers(3, with(request_fields(kEchoPath), "grpc-timeout", "1S"));
  std::string block;
  for (int i = 0; i < 2000; ++i) block += hpack_literal("a", "");
  server.client.header_block(5, block);
  server.feed();
  CHECK_FALSE(server.protocol().finished());  // the GOAWAY can't leave yet
  // A pump that is told of an instant in the past would spin.
  CHECK(server.protocol().next_expiry() == kNever);
  server.driver().advance(1h);
  server.driver().set_blocked(false);
  CHECK(server.driver().is_done());
}

}  // namespace
}  // namespace hawser::test
