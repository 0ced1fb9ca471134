// Flow control of received DATA is manual: what is consumed, by whom, and what nobody consumes.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;

constexpr std::string_view kSessionFlowControlPath = "/echo.EchoService/Echo";

http2::Limits small_windows() {
  http2::Limits limits;
  limits.stream_window_bytes = 1000;
  limits.connection_window_bytes = 70'000;
  return limits;
}

struct Receiving {
  Receiving() {
    fixture.start(script);
    fixture.events.record_headers = false;
  }
  std::string drained() {
    fixture.sent.take();
    REQUIRE(fixture.drain());
    return fixture.sent.summary();
  }

  SessionFixture fixture{http2::Role::kServer, small_windows()};
  FrameScript script;
};

TEST_CASE("Session: no window update leaves before the application has consumed") {
  Receiving peer;
  REQUIRE(peer.fixture.feed(
      peer.script.headers(1, request_fields(kSessionFlowControlPath)).data(1, std::string(1000, 'x'))));
  CHECK(peer.drained().empty());
  peer.fixture->consume(1, 1000);
  CHECK(peer.drained() == "WINDOW_UPDATE 1 +1000");
}

TEST_CASE("Session: a stream's bytes consumed in parts are credited once half of the window is free") {
  Receiving peer;
  REQUIRE(peer.fixture.feed(
      peer.script.headers(1, request_fields(kSessionFlowControlPath)).data(1, std::string(1000, 'x'))));
  peer.fixture->consume(1, 499);
  CHECK(peer.drained().empty());
  peer.fixture->consume(1, 1);
  CHECK(peer.drained() == "WINDOW_UPDATE 1 +500");
}

TEST_CASE("Session: more DATA than the stream window allows is a flow-control error") {
  in_all_chunkings([](const Chunking& chunking) {
    Receiving peer;
    peer.script.headers(1, request_fields(kSessionFlowControlPath)).data(1, std::string(1001, 'x'));
    REQUIRE(peer.fixture.feed(peer.script, chunking));
    CHECK(peer.drained() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
    CHECK(peer.fixture.events.text().ends_with("closed 1 FLOW_CONTROL_ERROR"));
    CHECK(peer.fixture->is_alive());
  });
}

TEST_CASE("Session: more DATA than the connection window allows ends the connection") {
  Receiving peer;
  // 71 streams fill the 70,000 bytes that nobody consumes.
  for (http2::StreamId id = 1; id < 142; id += 2) {
    peer.script.headers(id, request_fields(kSessionFlowControlPath)).data(id, std::string(1000, 'x'));
  }
  REQUIRE(peer.fixture.feed(peer.script));
  CHECK(peer.drained().ends_with("GOAWAY 141 FLOW_CONTROL_ERROR"));
  CHECK_FALSE(peer.fixture->is_alive());
}

TEST_CASE("Session: consume_stream credits the stream and not the connection") {
  Receiving peer;
  REQUIRE(peer.fixture.feed(
      peer.script.headers(1, request_fields(kSessionFlowControlPath)).data(1, std::string(1000, 'x'))));
  peer.fixture->consume_connection(1000);
  CHECK(peer.drained().empty());
  peer.fixture->consume_stream(1, 1000);
  CHECK(peer.drained() == "WINDOW_UPDATE 1 +1000");
}

TEST_CASE("Session: consume_connection credits the connection and not the stream") {
  Receiving peer;
  for (http2::StreamId id = 1; id < 80; id += 2) {
    peer.script.headers(id, request_fields(kSessionFlowControlPath)).data(id, std::string(1000, 'x'));
  }
  REQUIRE(peer.fixture.feed(peer.script));
  peer.fixture->consume_connection(40'000);
  CHECK(peer.drained() == "WINDOW_UPDATE +40000");
}

// P-7: padding is charged to both windows; nobody but the library sees it, so it must give it back.
TEST_CASE("Session: padding is credited without the application") {
  in_all_chunkings([](const Chunking& chunking) {
    Receiving peer;
    peer.script.headers(1, request_fields(kSessionFlowControlPath));
    // 4 x (1 length byte + 5 payload + 244 padding) = 1000: the window is full.
    for (int i = 0; i < 4; ++i) peer.script.data(1, "12345", false, 244);
    REQUIRE(peer.fixture.feed(peer.script, chunking));
    CHECK(peer.fixture.events.stream(1).body == "12345123451234512345");
    // Credit comes in one or two updates, as the chunks fall; the bytes of the payload are still owed.
    REQUIRE(peer.fixture.drain());
    std::uint32_t credited = 0;
    for (const Frame& frame : peer.fixture.sent.frames()) {
      if (frame.type == FrameType::kWindowUpdate && frame.id == 1) credited += frame.increment();
    }
    CHECK(credited >= 500);
    CHECK(credited <= 980);
    // Another 480 bytes fit in any case.
    REQUIRE(peer.fixture.feed(peer.script.data(1, std::string(480, 'y'))));
    CHECK(peer.drained().find("RST") == std::string::npos);
  });
}

// 314,159 bytes in frames of 5 + 255 of padding (gRPC negative interop, data_frame_padding).
TEST_CASE("Session: a long padded body never starves when its payload is consumed") {
  Receiving peer;
  peer.fixture.events.after_data = [&](RecordedStream& stream, Bytes bytes) {
    peer.fixture->consume(stream.id, bytes.size());
  };
  REQUIRE(peer.fixture.feed(peer.script.headers(1, request_fields(kSessionFlowControlPath))));
  std::size_t left = 314'159;
  while (left > 0) {
    const std::size_t size = std::min<std::size_t>(left, 5);
    left -= size;
    REQUIRE(peer.fixture.feed(peer.script.data(1, std::string(size, 'p'), left == 0, 255)));
    REQUIRE(peer.fixture.drain());
  }
  CHECK(peer.fixture.events.stream(1).body.size() == 314'159);
  CHECK(peer.fixture.events.text().ends_with("end 1"));
  CHECK(peer.fixture.sent.find(FrameType::kReset) == nullptr);
  CHECK(peer.fixture.sent.find(FrameType::kGoaway) == nullptr);
}

// Bytes that nobody will read must not take the connection's window away for ever.
TEST_CASE("Session: DATA of refused, reset, forgotten and closed streams is credited to the connection") {
  Receiving peer;
  const std::string kilobyte(1000, 'x');
  std::size_t sent = 0;
  SUBCASE("refused") {
    peer.fixture.events.accept_stream = [](http2::StreamId) { return false; };
    for (http2::StreamId id = 1; sent < 300'000; id += 2, sent += 1000) {
      REQUIRE(peer.fixture.feed(
          peer.script.headers(id, request_fields(kSessionFlowControlPath)).data(id, kilobyte)));
      REQUIRE(peer.fixture.drain());
    }
  }
  SUBCASE("reset by us before the bytes came") {
    peer.fixture.events.after_headers_end = [&](RecordedStream& stream, bool) {
      peer.fixture->submit_reset(stream.id, ErrorCode::kCancel);
    };
    for (http2::StreamId id = 1; sent < 300'000; id += 2, sent += 1000) {
      REQUIRE(peer.fixture.feed(
          peer.script.headers(id, request_fields(kSessionFlowControlPath)).data(id, kilobyte)));
      REQUIRE(peer.fixture.drain());
    }
  }
  SUBCASE("forgotten") {
    peer.fixture.events.after_headers_end = [&](RecordedStream& stream, bool) {
      peer.fixture->forget(stream.id);
    };
    for (http2::StreamId id = 1; sent < 300'000; id += 2, sent += 1000) {
      REQUIRE(peer.fixture.feed(
          peer.script.headers(id, request_fields(kSessionFlowControlPath)).data(id, kilobyte, true)));
      peer.fixture->submit_reset(id, ErrorCode::kNoError);
      REQUIRE(peer.fixture.drain());
    }
  }
  SUBCASE("closed before the bytes came") {
    REQUIRE(peer.fixture.feed(
        peer.script.headers(1, request_fields(kSessionFlowControlPath)).reset(1, ErrorCode::kCancel)));
    for (; sent < 300'000; sent += 1000) {
      REQUIRE(peer.fixture.feed(peer.script.data(1, kilobyte)));
      REQUIRE(peer.fixture.drain());
    }
  }
  CHECK(peer.fixture.sent.find(FrameType::kGoaway) == nullptr);
  CHECK(peer.fixture->is_alive());
  std::size_t credited = 0;
  for (const Frame& frame : peer.fixture.sent.frames()) {
    if (frame.type == FrameType::kWindowUpdate && frame.id == 0) credited += frame.increment();
  }
  CHECK(credited > 300'000 - 70'000);
}

TEST_CASE("Session: consume of a stream that is gone still credits the connection") {
  Receiving peer;
  for (http2::StreamId id = 1; id < 80; id += 2) {
    peer.script.headers(id, request_fields(kSessionFlowControlPath))
        .data(id, std::string(1000, 'x'))
        .reset(id, ErrorCode::kCancel);
  }
  REQUIRE(peer.fixture.feed(peer.script));
  for (http2::StreamId id = 1; id < 80; id += 2) peer.fixture->consume(id, 1000);
  // An update is due when half of the window is free.
  CHECK(peer.drained() == "WINDOW_UPDATE +35000");
}

TEST_CASE("Session: our DATA waits for the peer's windows") {
  using http2::BodyChunk;
  SessionFixture fixture;
  FrameScript script;
  script.preface().settings({{SettingId::kInitialWindowSize, 10}}).settings_ack();
  script.headers(1, request_fields(kSessionFlowControlPath), {.end_stream = true});
  REQUIRE(fixture.feed(script));
  static constexpr http2::HeaderField kHead[] = {{":status", "200"}};
  fixture.events.stream(1).chunks = {{"0123456789abcdef", BodyChunk::Then::kEnd}};
  REQUIRE(fixture->submit_response(1, kHead, true));
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.body(1) == "0123456789");
  CHECK_FALSE(fixture->wants_write());
  SUBCASE("a WINDOW_UPDATE of the stream lets the rest go") {
    REQUIRE(fixture.feed(script.window_update(1, 100)));
  }
  SUBCASE("a larger INITIAL_WINDOW_SIZE lets the rest go") {
    REQUIRE(fixture.feed(script.settings({{SettingId::kInitialWindowSize, 100}})));
  }
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.body(1) == "0123456789abcdef");
}

TEST_CASE("Session: a window of zero stops a body before it is asked for") {
  SessionFixture fixture;
  FrameScript script;
  script.preface().settings({{SettingId::kInitialWindowSize, 0}}).settings_ack();
  script.headers(1, request_fields(kSessionFlowControlPath), {.end_stream = true});
  REQUIRE(fixture.feed(script));
  static constexpr http2::HeaderField kHead[] = {{":status", "200"}};
  fixture.events.stream(1).chunks = {{"body", http2::BodyChunk::Then::kEnd}};
  fixture.events.clear();
  REQUIRE(fixture->submit_response(1, kHead, true));
  REQUIRE(fixture.drain());
  CHECK(fixture.events.count("body wanted") == 0);
  CHECK(fixture.sent.body(1).empty());
}

TEST_CASE("Session: window overflows are errors of their scope") {
  SUBCASE("a stream's window over 2^31-1 resets the stream (MadeYouReset, CVE-2025-8671)") {
    Receiving peer;
    peer.script.headers(1, request_fields(kSessionFlowControlPath)).window_update(1, 0x7FFF'FFFF);
    REQUIRE(peer.fixture.feed(peer.script));
    CHECK(peer.drained() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
    CHECK(peer.fixture.events.text().find("reset sent 1 FLOW_CONTROL_ERROR") != std::string::npos);
  }
  SUBCASE("the connection's ends it") {
    Receiving peer;
    REQUIRE(peer.fixture.feed(peer.script.window_update(0, 0x7FFF'FFFF)));
    CHECK(peer.drained() == "GOAWAY 0 FLOW_CONTROL_ERROR");
  }
  SUBCASE("an increment of zero ends the connection") {
    Receiving peer;
    REQUIRE(peer.fixture.feed(peer.script.window_update(0, 0)));
    CHECK(peer.drained() == "GOAWAY 0 PROTOCOL_ERROR");
  }
}

}  // namespace
}  // namespace hawser::test
