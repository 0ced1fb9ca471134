// Peers that mean harm: bombs, floods, frames that carry nothing (CONFORMANCE S).
#include <doctest/doctest.h>

#include <type_traits>

#include "hawser/http2/library_session.h"
#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using http2::HeaderVerdict;

constexpr std::string_view kSessionLimitsPath = "/echo.EchoService/Echo";

bool is_calm(const Result<void>& result) {
  return !result && result.error().scope == ErrorScope::kConnection &&
         result.error().code == static_cast<int>(ErrorCode::kEnhanceYourCalm);
}

struct Attacked {
  explicit Attacked(const http2::Limits& limits = {}) : fixture(http2::Role::kServer, limits) {
    fixture.start(script);
    fixture.events.record_headers = false;
  }
  const Frame* goaway() {
    REQUIRE(fixture.drain());
    return fixture.sent.find(FrameType::kGoaway);
  }

  SessionFixture fixture;
  FrameScript script;
};

// S-11: one entry of the table, then one byte a field.
FrameScript& add_bomb(FrameScript& script, http2::StreamId id, std::size_t fields) {
  std::string block = hpack_literal("a", std::string(3000, 'x'), true);
  for (std::size_t i = 1; i < fields; ++i) block += hpack_indexed(62);
  return script.header_block(id, block, {.end_stream = true});
}

TEST_CASE("Session: a bomb in a refused stream is stopped like any other (S-11)") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    server.fixture.events.accept_stream = [](http2::StreamId) { return false; };
    std::string block;
    for (const Field& field : request_fields(kSessionLimitsPath))
      block += hpack_literal(field.name, field.value);
    block += hpack_literal("a", std::string(3000, 'x'), true);
    for (std::size_t i = 0; i <= http2::Limits{}.header_fields_fatal; ++i) block += hpack_indexed(62);
    server.script.header_block(1, block, {.end_stream = true});
    CHECK(is_calm(server.fixture.feed(server.script, chunking)));
    REQUIRE(server.goaway() != nullptr);
    CHECK(server.goaway()->error_code() == ErrorCode::kEnhanceYourCalm);
  });
}

TEST_CASE("Session: DATA over the connection's window ends it, whoever's they are (RFC 9113 6.9.1)") {
  in_all_chunkings([](const Chunking& chunking) {
    http2::Limits limits;
    limits.stream_window_bytes = limits.connection_window_bytes = 100'000;
    Attacked server(limits);
    // Nobody gives credit back.
    for (const http2::StreamId id : {1, 3}) {
      server.script.headers(id, request_fields(kSessionLimitsPath));
      for (int i = 0; i < 5; ++i) server.script.data(id, std::string(10'000, 'd'));
    }
    CHECK(server.fixture.feed(server.script, chunking));
    CHECK(server.goaway() == nullptr);
    CHECK(server.fixture.feed(server.script.data(3, "d"), chunking));
    REQUIRE(server.goaway() != nullptr);
    CHECK(server.goaway()->error_code() == ErrorCode::kFlowControlError);
  });
}

TEST_CASE("Session: kEndConnection stops decoding at the field it was given for") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    int fields = 0;
    server.fixture.events.judge_header = [&](RecordedStream&, http2::HeaderField) {
      return ++fields == 100 ? HeaderVerdict::kEndConnection : HeaderVerdict::kContinue;
    };
    // Malformed requests are no business of this test, so the block starts as a request does.
    FrameScript& script = server.script;
    std::string block;
    for (const Field& field : request_fields(kSessionLimitsPath))
      block += hpack_literal(field.name, field.value);
    block += hpack_literal("a", std::string(3000, 'x'), true);
    for (int i = 0; i < 100'000; ++i) block += hpack_indexed(62);
    script.header_block(1, block, {.end_stream = true});
    CHECK(is_calm(server.fixture.feed(script, chunking)));
    CHECK(fields == 100);
    const Frame* goaway = server.goaway();
    REQUIRE(goaway != nullptr);
    CHECK(goaway->error_code() == ErrorCode::kEnhanceYourCalm);
    CHECK(goaway->debug_data() == "header list far over the limit");
    CHECK_FALSE(server.fixture->is_alive());
    CHECK(server.fixture.events.count("headers end") == 0);
  });
}

TEST_CASE("Session: nothing that follows kEndConnection is looked at") {
  Attacked server;
  server.fixture.events.judge_header = [](RecordedStream&, http2::HeaderField) {
    return HeaderVerdict::kEndConnection;
  };
  server.script.headers(1, request_fields(kSessionLimitsPath)).request(3, kSessionLimitsPath, "x").ping(7);
  CHECK(is_calm(server.fixture.feed(server.script)));
  CHECK(server.fixture.events.text() == "begin 1");
  // Bytes of later reads are dropped too.
  CHECK(server.fixture.feed(server.script.request(5, kSessionLimitsPath, "x")));
  CHECK(server.fixture.events.text() == "begin 1");
}

TEST_CASE("Session: a bomb of a refused stream is decoded without events, and stays in step") {
  Attacked server;
  server.fixture.events.accept_stream = [](http2::StreamId id) { return id != 1; };
  add_bomb(server.script, 1, 1000);
  REQUIRE(server.fixture.feed(server.script));
  CHECK(server.fixture.events.count("header") == 0);
}

TEST_CASE("Session: CONTINUATION frames over the limit end the connection") {
  http2::Limits limits;
  limits.continuations = 10;
  const auto script_with = [](FrameScript& script, std::size_t frames) {
    script.headers(1, with(request_fields(kSessionLimitsPath), "x-long", std::string(frames * 20, '\x7e')),
                   {.fragment = 20});
    return script.take();
  };
  SUBCASE("within it they make one block") {
    Attacked server;
    REQUIRE(server.fixture.feed(script_with(server.script, 5)));
    CHECK(server.fixture.events.text() == "begin 1, headers end 1");
  }
  SUBCASE("over it the peer is told to calm down") {
    Attacked server(limits);
    CHECK(is_calm(server.fixture.feed(script_with(server.script, 100))));
    const Frame* goaway = server.goaway();
    REQUIRE(goaway != nullptr);
    CHECK(goaway->error_code() == ErrorCode::kEnhanceYourCalm);
  }
}

// S-12: libnghttp2 1.52 counts a CONTINUATION's header that arrives in pieces several times; the default of
// 32 leaves room for what honest clients send.
TEST_CASE("Session: a block of two CONTINUATIONs passes in any chunking") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    const Fields fields = with(request_fields(kSessionLimitsPath), "x-long", std::string(200, '\x7e'));
    server.script.headers(1, fields, {.end_stream = true, .fragment = 120});
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.text() == "begin 1, headers end 1 last, end 1");
  });
}

TEST_CASE("Session: PINGs that we can't answer fast enough end the connection") {
  Attacked server;
  for (int i = 0; i < 200; ++i) server.script.ping(static_cast<std::uint64_t>(i));
  CHECK(is_calm(server.fixture.feed(server.script)));
  CHECK(server.fixture.events.count("idle ping") >= 100);
  CHECK(server.goaway() != nullptr);
}

TEST_CASE("Session: SETTINGS that we can't acknowledge fast enough end the connection") {
  Attacked server;
  for (int i = 0; i < 200; ++i) server.script.settings();
  CHECK(is_calm(server.fixture.feed(server.script)));
  CHECK(server.fixture.events.count("idle settings") >= 100);
}

TEST_CASE("Session: a SETTINGS frame of too many entries ends the connection") {
  Attacked server;
  std::string payload;
  for (int i = 0; i < 33; ++i) payload += big_endian(0xff, 2) + big_endian(1, 4);
  REQUIRE(server.fixture.feed(server.script.frame(FrameType::kSettings, 0, 0, payload)));
  const Frame* goaway = server.goaway();
  REQUIRE(goaway != nullptr);
  CHECK(goaway->error_code() == ErrorCode::kEnhanceYourCalm);
}

TEST_CASE("Session: a PING is answered with its own bytes (P-11)") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    REQUIRE(server.fixture.feed(server.script.ping(0x0102030405060708), chunking));
    REQUIRE(server.fixture.drain());
    REQUIRE(server.fixture.sent.summary() == "PING ack");
    CHECK(server.fixture.sent.frames()[0].payload == big_endian(0x0102030405060708, 8));
    CHECK(server.fixture.events.text() == "idle ping");
  });
}

TEST_CASE("Session: our PING comes back with its payload") {
  Attacked server;
  server.fixture->submit_ping(0xABCD);
  REQUIRE(server.fixture.drain());
  REQUIRE(server.fixture.sent.summary() == "PING");
  server.script.frame(FrameType::kPing, kFlagAck, 0, server.fixture.sent.frames()[0].payload);
  REQUIRE(server.fixture.feed(server.script));
  CHECK(server.fixture.events.text() == "ping acknowledged");
  CHECK(server.fixture.events.last_ping() == 0xABCD);
}

TEST_CASE("Session: frames that ask for work and carry none are each reported") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    server.script.headers(1, request_fields(kSessionLimitsPath));
    server.script.priority(1, 0).priority(7, 1).window_update(0, 10).window_update(1, 10);
    server.script.data(1, "").ping(1).settings();
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.text() ==
          "begin 1, headers end 1, idle priority, idle priority, idle window update, idle window update, "
          "idle empty data, idle ping, idle settings, settings");
  });
}

TEST_CASE("Session: an empty DATA that ends its stream is work, not idling") {
  Attacked server;
  REQUIRE(
      server.fixture.feed(server.script.headers(1, request_fields(kSessionLimitsPath)).data(1, "", true)));
  CHECK(server.fixture.events.text() == "begin 1, headers end 1, end 1");
}

TEST_CASE("Session: DATA of padding alone is idle") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    server.script.headers(1, request_fields(kSessionLimitsPath))
        .data(1, "", false, 0)
        .data(1, "", false, 200);
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.text() == "begin 1, headers end 1, idle empty data, idle empty data");
  });
}

TEST_CASE("Session: frames of unknown types are ignored and counted") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    // ALTSVC, ORIGIN, PRIORITY_UPDATE, an unused type, the last type.
    for (const int type : {0x0a, 0x0c, 0x10, 0x42, 0xff}) {
      server.script.frame(static_cast<std::uint8_t>(type), 0xff, 0, "payload");
      server.script.frame(static_cast<std::uint8_t>(type), 0, 5, "");
    }
    server.script.request(1, kSessionLimitsPath, "x");
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.count("idle unknown") == 10);
    CHECK(server.fixture.events.text().ends_with("begin 1, headers end 1, data 1 (6), end 1"));
  });
}

// Frames of closed streams reach no stream; floods of them must be seen all the same. (Not of DATA and
// HEADERS: the library drops those without a callback. They cost no more than the bytes they take.)
TEST_CASE("Session: idle frames of closed streams are counted") {
  in_all_chunkings([](const Chunking& chunking) {
    Attacked server;
    server.script.headers(1, request_fields(kSessionLimitsPath)).reset(1, ErrorCode::kCancel);
    server.script.window_update(1, 1).window_update(1, 1).priority(1, 0).frame(0x42, 0, 1, "x");
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.text().ends_with(
        "closed 1 CANCEL, idle window update, idle window update, idle priority, idle unknown"));
  });
}

// nghttp2 has a clock of its own. FrameSession has none: AbuseMeter counts there.
TEST_CASE("Session: resets over the library's rate end the connection" *
          doctest::skip(!std::is_same_v<http2::Session, http2::LibrarySession>)) {
  http2::Limits limits;
  limits.reset_burst = 10;
  limits.resets_per_second = 1;
  Attacked server(limits);
  for (http2::StreamId id = 1; id < 41; id += 2) {
    server.script.headers(id, request_fields(kSessionLimitsPath)).reset(id, ErrorCode::kCancel);
  }
  REQUIRE(server.fixture.feed(server.script));
  CHECK(server.goaway() != nullptr);
  CHECK_FALSE(server.fixture->is_alive());
}

TEST_CASE("Session: streams over the limit are refused before the acknowledgement, an offence after it") {
  http2::Limits limits;
  limits.max_concurrent_streams = 1;
  SUBCASE("before") {
    SessionFixture fixture(http2::Role::kServer, limits);
    FrameScript script;
    script.client_start()
        .headers(1, request_fields(kSessionLimitsPath))
        .headers(3, request_fields(kSessionLimitsPath));
    REQUIRE(fixture.feed(script));
    REQUIRE(fixture.drain());
    CHECK(fixture.sent.summary().ends_with("RST_STREAM 3 REFUSED_STREAM"));
    CHECK(fixture.events.count("begin 3") == 0);
    CHECK(fixture->is_alive());
  }
  SUBCASE("after") {
    Attacked server(limits);
    server.script.headers(1, request_fields(kSessionLimitsPath))
        .headers(3, request_fields(kSessionLimitsPath));
    REQUIRE(server.fixture.feed(server.script));
    const Frame* goaway = server.goaway();
    REQUIRE(goaway != nullptr);
    CHECK(goaway->error_code() == ErrorCode::kProtocolError);
  }
}

TEST_CASE("Session: resets that the peer provokes are reported with their code") {
  Attacked server;
  SUBCASE("a malformed field") {
    server.script.headers(1, with(request_fields(kSessionLimitsPath), "connection", "close"),
                          {.end_stream = true});
  }
  SUBCASE("content-length that the body contradicts") {
    server.script.headers(1, with(request_fields(kSessionLimitsPath), "content-length", "99"))
        .data(1, "short", true);
  }
  SUBCASE("te other than trailers") {
    server.script.headers(1, with(request_fields(kSessionLimitsPath), "te", "gzip"), {.end_stream = true});
  }
  REQUIRE(server.fixture.feed(server.script));
  REQUIRE(server.fixture.drain());
  CHECK(server.fixture.sent.summary() == "RST_STREAM 1 PROTOCOL_ERROR");
  CHECK(server.fixture.events.text().ends_with("reset sent 1 PROTOCOL_ERROR, closed 1 PROTOCOL_ERROR"));
}

TEST_CASE("Session: values with blanks around them are accepted (stock grpc++ sends them)") {
  Attacked server;
  server.fixture.events.record_headers = true;
  server.script.headers(1, with(request_fields(kSessionLimitsPath), "x-padded", "  v "),
                        {.end_stream = true});
  REQUIRE(server.fixture.feed(server.script));
  CHECK(server.fixture.events.count("header 1 x-padded=  v ") == 1);
  CHECK(server.fixture.events.text().ends_with("end 1"));
}

}  // namespace
}  // namespace hawser::test
