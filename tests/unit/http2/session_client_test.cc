// The sequences of session_events.h for a client, each under every chunking of the server's bytes.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;
using http2::ErrorCode;
using http2::Role;

constexpr http2::HeaderField kRequest[] = {{":method", "POST"},
                                           {":scheme", "http"},
                                           {":path", "/echo.EchoService/Echo"},
                                           {":authority", "localhost"},
                                           {"content-type", "application/grpc"},
                                           {"te", "trailers"}};

// Opens a stream whose body is one message; ids of a client count 1, 3, 5.
http2::StreamId start_call(SessionFixture& fixture, http2::StreamId expected, std::string_view message) {
  RecordedStream& stream = fixture.events.stream(expected);
  stream.chunks.push_back({grpc_message(message), BodyChunk::Then::kEnd});
  const Result<http2::StreamId> id = fixture->submit_request(kRequest, stream, true);
  REQUIRE(id);
  CHECK(*id == expected);
  return *id;
}

TEST_CASE("Session: a client greets with the preface and its SETTINGS") {
  SessionFixture fixture(Role::kClient);
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.saw_preface());
  REQUIRE(fixture.sent.summary() == "SETTINGS, WINDOW_UPDATE +4128769");
  const Frame settings = fixture.sent.frames()[0];
  CHECK(settings.setting(SettingId::kEnablePush) == 0);
  CHECK(settings.setting(SettingId::kMaxConcurrentStreams) == 0);
  CHECK(settings.setting(SettingId::kMaxHeaderListSize) == 16 * 1024);
  CHECK(settings.setting(SettingId::kInitialWindowSize) == 512 * 1024);
}

TEST_CASE("Session: a unary call on the client is one sequence of events and frames") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "ping");
    REQUIRE(fixture.drain());
    CHECK(fixture.events.text() == "body wanted 1, last frame sent 1");
    CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (9) end");
    CHECK(fixture.sent.body(1) == grpc_message("ping"));
    fixture.events.clear();
    REQUIRE(fixture.feed(script.response(1, "pong"), chunking));
    CHECK(fixture.events.text() ==
          "header 1 :status=200, header 1 content-type=application/grpc, headers end 1, data 1 (9), "
          "header 1 grpc-status=0, headers end 1 last, end 1, closed 1 NO_ERROR");
    CHECK(fixture.events.stream(1).body == grpc_message("pong"));
  });
}

TEST_CASE("Session: a trailers-only response is one last header block") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "ping");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    script.headers(1, with(response_fields(), "grpc-status", "12"), {.end_stream = true});
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() ==
          "header 1 :status=200, header 1 content-type=application/grpc, header 1 grpc-status=12, "
          "headers end 1 last, end 1, closed 1 NO_ERROR");
  });
}

TEST_CASE("Session: 1xx blocks come before the final one") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "ping");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    fixture.events.record_headers = false;
    script.headers(1, {{":status", "103"}}).headers(1, {{":status", "103"}}).response(1, "pong");
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() ==
          "headers end 1, headers end 1, headers end 1, data 1 (9), headers end 1 last, end 1, "
          "closed 1 NO_ERROR");
  });
}

TEST_CASE("Session: END_STREAM on DATA ends a response without trailers") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "ping");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    fixture.events.record_headers = false;
    REQUIRE(fixture.feed(script.headers(1, response_fields()).data(1, "pong", true), chunking));
    CHECK(fixture.events.text() == "headers end 1, data 1 (4), end 1, closed 1 NO_ERROR");
  });
}

TEST_CASE("Session: a server's reset reaches the client's stream with its code") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "ping");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    REQUIRE(fixture.feed(script.reset(1, ErrorCode::kRefusedStream), chunking));
    CHECK(fixture.events.text() == "reset received 1 REFUSED_STREAM, closed 1 REFUSED_STREAM");
  });
}

TEST_CASE("Session: a response that ends before the request keeps the stream until our side ends") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  fixture.start(script);
  RecordedStream& stream = fixture.events.stream(1);
  stream.chunks = {{"first", BodyChunk::Then::kMore}, {"", BodyChunk::Then::kWait}, {"rest"}};
  REQUIRE(fixture->submit_request(kRequest, stream, true));
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (5)");
  fixture.events.clear();
  fixture.events.record_headers = false;
  // P-75: the client answers early trailers with RST_STREAM NO_ERROR.
  fixture.events.after_end_of_stream = [&](RecordedStream& s) {
    fixture->submit_reset(s.id, ErrorCode::kNoError);
  };
  script.headers(1, with(response_fields(), "grpc-status", "8"), {.end_stream = true});
  REQUIRE(fixture.feed(script));
  REQUIRE(fixture.drain());
  CHECK(fixture.events.text() == "headers end 1 last, end 1, reset sent 1 NO_ERROR, closed 1 NO_ERROR");
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (5), RST_STREAM 1 NO_ERROR");
}

TEST_CASE("Session: requests over the peer's limit wait and leave as others end") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  REQUIRE(fixture.feed(script.settings({{SettingId::kMaxConcurrentStreams, 1}}).settings_ack()));
  REQUIRE(fixture.drain());
  CHECK(fixture->peer_max_concurrent_streams() == 1);
  fixture.sent.take();
  start_call(fixture, 1, "a");
  start_call(fixture, 3, "b");
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (6) end");
  REQUIRE(fixture.feed(script.response(1, "x")));
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (6) end, HEADERS 3, DATA 3 (6) end");
}

TEST_CASE("Session: a request reset before it left is closed without a frame") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  REQUIRE(fixture.feed(script.settings({{SettingId::kMaxConcurrentStreams, 1}}).settings_ack()));
  REQUIRE(fixture.drain());
  fixture.sent.take();
  start_call(fixture, 1, "a");
  start_call(fixture, 3, "b");
  REQUIRE(fixture.drain());
  fixture->submit_reset(3, ErrorCode::kCancel);
  REQUIRE(fixture.feed(script.response(1, "x")));
  fixture.events.clear();
  REQUIRE(fixture.drain());
  CHECK(fixture.events.text() == "closed 3 CANCEL");
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (6) end");
}

TEST_CASE("Session: a request forgotten before it left has no events") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  fixture.start(script);
  start_call(fixture, 1, "a");
  fixture->forget(1);
  fixture->submit_reset(1, ErrorCode::kCancel);
  REQUIRE(fixture.drain());
  CHECK(fixture.events.text().empty());
  CHECK(fixture.sent.summary().empty());
}

TEST_CASE("Session: streams above a GOAWAY's last id are closed as refused, others run on") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "a");
    start_call(fixture, 3, "b");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    fixture.events.record_headers = false;
    script.goaway(1, ErrorCode::kNoError, "max_age").response(1, "x");
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() ==
          "goaway 1 NO_ERROR 'max_age', closed 3 REFUSED_STREAM, headers end 1, data 1 (6), headers end 1 "
          "last, "
          "end 1, closed 1 NO_ERROR");
    CHECK_FALSE(fixture->is_alive());
  });
}

TEST_CASE("Session: a request submitted after the peer's GOAWAY is closed as refused") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  fixture.start(script);
  start_call(fixture, 1, "a");
  REQUIRE(fixture.drain());
  REQUIRE(fixture.feed(script.goaway(1, ErrorCode::kNoError)));
  fixture.events.clear();
  RecordedStream& late = fixture.events.stream(3);
  const Result<http2::StreamId> id = fixture->submit_request(kRequest, late, true);
  REQUIRE(fixture.drain());
  // Either the submit fails or the stream closes; a call never hangs.
  CHECK((!id || fixture.events.text() == "closed 3 REFUSED_STREAM"));
}

TEST_CASE("Session: the client accepts no pushed stream") {
  SessionFixture fixture(Role::kClient);
  FrameScript script;
  fixture.start(script);
  start_call(fixture, 1, "a");
  REQUIRE(fixture.drain());
  REQUIRE(fixture.feed(script.frame(FrameType::kPushPromise, kFlagEndHeaders, 1, big_endian(2, 4) + "\x82")));
  REQUIRE(fixture.drain());
  const Frame* goaway = fixture.sent.find(FrameType::kGoaway);
  REQUIRE(goaway != nullptr);
  CHECK(goaway->error_code() == ErrorCode::kProtocolError);
}

TEST_CASE("Session: padded HEADERS and DATA of a server arrive without their padding") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture(Role::kClient);
    FrameScript script;
    fixture.start(script);
    start_call(fixture, 1, "a");
    REQUIRE(fixture.drain());
    fixture.events.clear();
    fixture.events.record_headers = false;
    script.headers(1, response_fields(), {.padding = 255}).data(1, "pong", false, 200).data(1, "", false, 0);
    script.headers(1, {{"grpc-status", "0"}}, {.end_stream = true, .padding = 0});
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.stream(1).body == "pong");
    CHECK(fixture.events.text().ends_with("headers end 1 last, end 1, closed 1 NO_ERROR"));
  });
}

TEST_CASE("Session: stream ids are there until three quarters of their range (P-10)") {
  CHECK(http2::Limits{}.last_stream_id == 1'610'612'736);
  SessionFixture fixture(Role::kClient, {.last_stream_id = 3});
  FrameScript script;
  fixture.start(script);
  for (const http2::StreamId id : {1, 3}) {
    CHECK_FALSE(fixture->is_out_of_stream_ids());
    start_call(fixture, id, "a");
  }
  CHECK(fixture->is_out_of_stream_ids());
}

}  // namespace
}  // namespace hawser::test
