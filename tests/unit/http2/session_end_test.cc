// How connections end: GOAWAY in both directions, end(), frames that no connection survives.
#include <doctest/doctest.h>

#include <functional>

#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;

constexpr std::string_view kSessionEndPath = "/echo.EchoService/Echo";
constexpr http2::HeaderField kSessionEndTrailersOnly[] = {{":status", "200"}, {"grpc-status", "0"}};

struct Serving {
  Serving() {
    fixture.start(script);
    fixture.events.record_headers = false;
  }
  std::string drained() {
    fixture.sent.take();
    REQUIRE(fixture.drain());
    return fixture.sent.summary();
  }

  SessionFixture fixture;
  FrameScript script;
};

TEST_CASE("Session: a graceful end has two steps, and streams between them are served") {
  Serving server;
  REQUIRE(
      server.fixture.feed(server.script.headers(1, request_fields(kSessionEndPath), {.end_stream = true})));
  server.fixture->submit_shutdown_notice();
  CHECK(server.drained() == "GOAWAY 2147483647 NO_ERROR");
  REQUIRE(
      server.fixture.feed(server.script.headers(3, request_fields(kSessionEndPath), {.end_stream = true})));
  CHECK(server.fixture.events.text().ends_with("begin 3, headers end 3 last, end 3"));
  server.fixture->submit_final_goaway();
  CHECK(server.drained() == "GOAWAY 3 NO_ERROR");
  CHECK(server.fixture->is_alive());
  // Later streams are ignored: the client knows that they weren't processed.
  REQUIRE(
      server.fixture.feed(server.script.headers(5, request_fields(kSessionEndPath), {.end_stream = true})));
  CHECK(server.fixture.events.count("begin 5") == 0);
  REQUIRE(server.fixture->submit_response(1, kSessionEndTrailersOnly, false));
  CHECK(server.drained() == "HEADERS 1 end");
  CHECK(server.fixture->is_alive());
  REQUIRE(server.fixture->submit_response(3, kSessionEndTrailersOnly, false));
  CHECK(server.drained() == "HEADERS 3 end");
  CHECK_FALSE(server.fixture->is_alive());
}

TEST_CASE("Session: a graceful end without streams is over at once") {
  Serving server;
  server.fixture->submit_shutdown_notice();
  CHECK(server.drained() == "GOAWAY 2147483647 NO_ERROR");
  CHECK(server.fixture->is_alive());
  server.fixture->submit_final_goaway();
  CHECK(server.drained() == "GOAWAY 0 NO_ERROR");
  CHECK_FALSE(server.fixture->is_alive());
}

TEST_CASE("Session: end() sends its words and its code, and nothing else") {
  Serving server;
  REQUIRE(
      server.fixture.feed(server.script.headers(1, request_fields(kSessionEndPath), {.end_stream = true})));
  REQUIRE(server.fixture->submit_response(1, kSessionEndTrailersOnly, false));
  server.fixture->end(ErrorCode::kEnhanceYourCalm, "too_many_pings");
  REQUIRE(server.fixture.drain());
  const Frame* goaway = server.fixture.sent.find(FrameType::kGoaway);
  REQUIRE(goaway != nullptr);
  CHECK(goaway->error_code() == ErrorCode::kEnhanceYourCalm);
  CHECK(goaway->last_stream_id() == 1);
  CHECK(goaway->debug_data() == "too_many_pings");
  CHECK_FALSE(server.fixture->is_alive());
  CHECK_FALSE(server.fixture->wants_write());
}

TEST_CASE("Session: after end() input is dropped and a second end() says nothing") {
  Serving server;
  server.fixture->end(ErrorCode::kNoError, "first");
  server.fixture->end(ErrorCode::kInternalError, "second");
  CHECK(server.fixture.feed(server.script.request(1, kSessionEndPath, "x").raw("garbage")));
  CHECK(server.fixture.events.text().empty());
  CHECK(server.drained().find("INTERNAL_ERROR") == std::string::npos);
  CHECK_FALSE(server.fixture->is_alive());
}

TEST_CASE("Session: end() without words is one GOAWAY") {
  Serving server;
  server.fixture->end(ErrorCode::kSettingsTimeout, "");
  CHECK(server.drained() == "GOAWAY 0 SETTINGS_TIMEOUT");
}

// CVE-2026-27135: terminating inside a callback must not trip the library's assertion.
TEST_CASE("Session: end() inside an event ends the connection cleanly") {
  in_all_chunkings([](const Chunking& chunking) {
    Serving server;
    server.fixture.events.after_headers_end = [&](RecordedStream&, bool) {
      server.fixture->end(ErrorCode::kEnhanceYourCalm, "enough");
    };
    server.script.request(1, kSessionEndPath, "x").request(3, kSessionEndPath, "y");
    CHECK(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.count("begin 3") == 0);
    CHECK(server.drained().find("GOAWAY 1 ENHANCE_YOUR_CALM") != std::string::npos);
    CHECK_FALSE(server.fixture->is_alive());
  });
}

TEST_CASE("Session: end() inside idle-frame and reset events is clean too") {
  Serving server;
  server.fixture.events.after_closed = [&](RecordedStream&) {
    server.fixture->end(ErrorCode::kEnhanceYourCalm, "resets");
  };
  server.script.headers(1, request_fields(kSessionEndPath))
      .reset(1, ErrorCode::kCancel)
      .request(3, kSessionEndPath, "y");
  CHECK(server.fixture.feed(server.script));
  CHECK(server.fixture.events.count("begin 3") == 0);
  CHECK(server.drained().find("ENHANCE_YOUR_CALM") != std::string::npos);
}

TEST_CASE("Session: a client's GOAWAY is reported and the connection ends with its streams") {
  Serving server;
  REQUIRE(
      server.fixture.feed(server.script.headers(1, request_fields(kSessionEndPath), {.end_stream = true})));
  server.fixture.events.clear();
  REQUIRE(server.fixture.feed(server.script.goaway(0, ErrorCode::kNoError, "bye")));
  CHECK(server.fixture.events.text() == "goaway 0 NO_ERROR 'bye'");
  REQUIRE(server.fixture->submit_response(1, kSessionEndTrailersOnly, false));
  CHECK(server.drained() == "HEADERS 1 end");
  CHECK_FALSE(server.fixture->is_alive());
}

// RFC 9113 5.1.1 would allow an error; the library takes the lower id for a stream that is closed.
TEST_CASE("Session: a stream id that goes back is ignored and keeps HPACK in step") {
  in_all_chunkings([](const Chunking& chunking) {
    Serving server;
    server.script.headers(5, request_fields(kSessionEndPath))
        .headers(3, with(request_fields(kSessionEndPath), "x-new", "value"));
    server.script.headers(7, with(request_fields(kSessionEndPath), "x-new", "value"));
    server.fixture.events.record_headers = true;
    REQUIRE(server.fixture.feed(server.script, chunking));
    CHECK(server.fixture.events.count("begin 3") == 0);
    CHECK(server.fixture.events.count("header 7 x-new=value") == 1);
  });
}

TEST_CASE("Session: frames that no connection survives get a GOAWAY with the code of RFC 9113") {
  struct Row {
    std::string_view what;
    ErrorCode code;
    std::function<void(FrameScript&)> add;
  };
  const Row rows[] = {
      {"DATA after END_STREAM", ErrorCode::kStreamClosed,
       [](FrameScript& s) { s.request(1, kSessionEndPath, "x").data(1, "late"); }},
      {"HEADERS after END_STREAM", ErrorCode::kStreamClosed,
       [](FrameScript& s) {
         s.request(1, kSessionEndPath, "x").headers(1, {{"x-late", "1"}}, {.end_stream = true});
       }},
      {"DATA on the connection stream", ErrorCode::kProtocolError, [](FrameScript& s) { s.data(0, "x"); }},
      {"DATA of an idle stream", ErrorCode::kProtocolError, [](FrameScript& s) { s.data(9, "x"); }},
      {"HEADERS with an even id", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.headers(2, request_fields(kSessionEndPath)); }},
      {"RST_STREAM of an idle stream that isn't theirs", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.reset(8, ErrorCode::kCancel); }},
      {"WINDOW_UPDATE of an idle stream", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.window_update(9, 1); }},
      {"a PING of seven bytes", ErrorCode::kFrameSizeError,
       [](FrameScript& s) { s.frame(FrameType::kPing, 0, 0, "1234567"); }},
      {"a PING with a stream id", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.frame(FrameType::kPing, 0, 1, "12345678"); }},
      {"SETTINGS of five bytes", ErrorCode::kFrameSizeError,
       [](FrameScript& s) { s.frame(FrameType::kSettings, 0, 0, "12345"); }},
      {"a SETTINGS acknowledgement with a payload", ErrorCode::kFrameSizeError,
       [](FrameScript& s) { s.frame(FrameType::kSettings, kFlagAck, 0, "123456"); }},
      {"SETTINGS with a window over 2^31-1", ErrorCode::kFlowControlError,
       [](FrameScript& s) {
         s.settings({{SettingId::kInitialWindowSize, 0x8000'0000}});
       }},
      {"SETTINGS with a frame size under 16 KiB", ErrorCode::kProtocolError,
       [](FrameScript& s) {
         s.settings({{SettingId::kMaxFrameSize, 100}});
       }},
      {"a frame over 16 KiB", ErrorCode::kFrameSizeError,
       [](FrameScript& s) {
         s.headers(1, request_fields(kSessionEndPath))
             .frame(FrameType::kHeaders, 0, 1, std::string(16'385, 'x'));
       }},
      {"padding as long as its frame", ErrorCode::kProtocolError,
       [](FrameScript& s) {
         s.headers(1, request_fields(kSessionEndPath)).frame(FrameType::kData, kFlagPadded, 1, "\x05xxxx");
       }},
      {"CONTINUATION without HEADERS", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.frame(FrameType::kContinuation, kFlagEndHeaders, 1, "\x82"); }},
      {"another frame inside a header block", ErrorCode::kProtocolError,
       [](FrameScript& s) { s.headers(1, request_fields(kSessionEndPath), {.end_headers = false}).ping(1); }},
      {"CONTINUATION of another stream", ErrorCode::kProtocolError,
       [](FrameScript& s) {
         s.headers(1, request_fields(kSessionEndPath), {.end_headers = false});
         s.frame(FrameType::kContinuation, kFlagEndHeaders, 3, "\x82");
       }},
      {"an HPACK index that doesn't exist", ErrorCode::kCompressionError,
       [](FrameScript& s) { s.header_block(1, hpack_indexed(200)); }},
      {"an HPACK string that never ends", ErrorCode::kCompressionError,
       [](FrameScript& s) {
         s.header_block(1, std::string("\x40\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11));
       }},
      {"a pushed stream from a client", ErrorCode::kProtocolError,
       [](FrameScript& s) {
         s.headers(1, request_fields(kSessionEndPath));
         s.frame(FrameType::kPushPromise, kFlagEndHeaders, 1, big_endian(2, 4) + "\x82");
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      Serving server;
      row.add(server.script);
      static_cast<void>(server.fixture.feed(server.script, chunking));
      REQUIRE(server.fixture.drain());
      const Frame* goaway = server.fixture.sent.find(FrameType::kGoaway);
      REQUIRE(goaway != nullptr);
      CHECK(to_string(goaway->error_code()) == to_string(row.code));
      CHECK_FALSE(server.fixture->is_alive());
    });
  }
}

}  // namespace
}  // namespace hawser::test
