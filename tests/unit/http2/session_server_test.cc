// The sequences of session_events.h for a server, each under every chunking of the peer's bytes.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;
using http2::ErrorCode;
using http2::HeaderVerdict;

constexpr std::string_view kSessionServerPath = "/echo.EchoService/Echo";

// A reply with one message and trailers, from on_end_of_stream.
void reply(SessionFixture& fixture, RecordedStream& stream, std::string_view message) {
  static constexpr http2::HeaderField kHead[] = {{":status", "200"}, {"content-type", "application/grpc"}};
  stream.chunks.push_back({grpc_message(message), BodyChunk::Then::kTrailers});
  REQUIRE(fixture->submit_response(stream.id, kHead, true));
}

// Submits the trailers when the body is asked for, as the contract of BodyChunk::kTrailers wants.
void trailers_with_body(SessionFixture& fixture, RecordedStream& stream) {
  static constexpr http2::HeaderField kTrailers[] = {{"grpc-status", "0"}};
  REQUIRE(fixture->submit_trailers(stream.id, kTrailers));
}

TEST_CASE("Session: a server greets with its SETTINGS and a connection window (P-3, S-27)") {
  http2::Limits limits;
  limits.max_concurrent_streams = 17;
  limits.stream_window_bytes = 300'000;
  limits.connection_window_bytes = 2'000'000;
  limits.header_list_bytes = 9'000;
  SessionFixture fixture(http2::Role::kServer, limits);
  REQUIRE(fixture.drain());
  REQUIRE(fixture.sent.summary() == "SETTINGS, WINDOW_UPDATE +1934465");
  const Frame settings = fixture.sent.frames()[0];
  CHECK(settings.setting(SettingId::kMaxConcurrentStreams) == 17);
  CHECK(settings.setting(SettingId::kInitialWindowSize) == 300'000);
  CHECK(settings.setting(SettingId::kMaxHeaderListSize) == 9'000);
  CHECK(settings.setting(SettingId::kNoRfc7540Priorities) == 1);
  // P-3: the private id for true-binary metadata is never offered; S-27: frame and table sizes stay.
  CHECK(settings.payload.size() == 4 * 6);
  CHECK(65'535 + fixture.sent.frames()[1].increment() == 2'000'000);
}

TEST_CASE("Session: the peer's SETTINGS are acknowledged, and its acknowledgement reported") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    script.preface().settings({{SettingId::kMaxConcurrentStreams, 5}, {SettingId::kMaxHeaderListSize, 8192}});
    script.settings_ack();
    REQUIRE(fixture.feed(script, chunking));
    REQUIRE(fixture.drain());
    CHECK(fixture.events.text() == "idle settings, settings, settings acknowledged");
    CHECK(fixture.sent.summary() == "SETTINGS, SETTINGS ack, WINDOW_UPDATE +4128769");
    CHECK(fixture->peer_max_concurrent_streams() == 5);
    CHECK(fixture->peer_max_header_list_bytes() == 8192);
  });
}

TEST_CASE("Session: without SETTINGS of the peer a header list has no limit and 100 streams are assumed") {
  SessionFixture fixture;
  CHECK(fixture->peer_max_header_list_bytes() == 0xFFFF'FFFF);
  CHECK(fixture->peer_max_concurrent_streams() == 100);
}

TEST_CASE("Session: unknown settings of stock clients are ignored") {
  SessionFixture fixture;
  FrameScript script;
  script.preface().settings({{static_cast<SettingId>(0xfe03), 1}, {static_cast<SettingId>(0xff), 7}});
  REQUIRE(fixture.feed(script));
  CHECK(fixture->is_alive());
}

TEST_CASE("Session: a unary call on the server is one sequence of events and frames") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    fixture.events.after_end_of_stream = [&](RecordedStream& stream) { reply(fixture, stream, "pong"); };
    fixture.events.before_body = [&](RecordedStream& stream) { trailers_with_body(fixture, stream); };
    REQUIRE(fixture.feed(script.request(1, kSessionServerPath, "ping"), chunking));
    CHECK(fixture.events.text() == "begin 1, headers end 1, data 1 (9), end 1");
    CHECK(fixture.events.stream(1).body == grpc_message("ping"));
    fixture.events.clear();
    REQUIRE(fixture.drain());
    CHECK(fixture.events.text() == "body wanted 1, last frame sent 1, closed 1 NO_ERROR");
    CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (9), HEADERS 1 end");
    CHECK(fixture.sent.frames()[0].header(":status") == "200");
    CHECK(fixture.sent.body(1) == grpc_message("pong"));
    CHECK(fixture.sent.last_headers(1).header("grpc-status") == "0");
  });
}

TEST_CASE("Session: header fields come in order, pseudo fields first") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    script.headers(1, with(request_fields(kSessionServerPath), "x-empty", ""), {.end_stream = true});
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() ==
          "begin 1, header 1 :method=POST, header 1 :scheme=http, header 1 :path=/echo.EchoService/Echo, "
          "header 1 :authority=localhost, header 1 content-type=application/grpc, header 1 te=trailers, "
          "header 1 user-agent=grpc-test/1.0, header 1 x-empty=, headers end 1 last, end 1");
  });
}

TEST_CASE("Session: a request without a body ends with its headers") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, request_fields(kSessionServerPath), {.end_stream = true});
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() == "begin 1, headers end 1 last, end 1");
  });
}

TEST_CASE("Session: END_STREAM on an empty DATA ends the request") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, request_fields(kSessionServerPath)).data(1, grpc_message("ping")).data(1, "", true);
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() == "begin 1, headers end 1, data 1 (9), end 1");
  });
}

TEST_CASE("Session: request trailers are a second header block that ends the stream") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    script.headers(1, request_fields(kSessionServerPath)).data(1, "x").trailers(1, {{"x-late", "1"}});
    REQUIRE(fixture.feed(script, chunking));
    const std::string text = fixture.events.text();
    CHECK(text.ends_with(
        "headers end 1, data 1 (1), trailers begin 1, header 1 x-late=1, headers end 1 last, end 1"));
    CHECK(fixture.events.count("begin") == 1);
  });
}

TEST_CASE("Session: DATA of a message may come in one-byte frames") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    const std::string message = grpc_message("twelve bytes");
    script.headers(1, request_fields(kSessionServerPath));
    for (std::size_t i = 0; i < message.size(); ++i) {
      script.data(1, message.substr(i, 1), i + 1 == message.size());
    }
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() == "begin 1, headers end 1, data 1 (17), end 1");
    CHECK(fixture.events.stream(1).body == message);
  });
}

TEST_CASE("Session: a refused stream gets REFUSED_STREAM, and the end of its block is told") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.accept_stream = [](http2::StreamId id) { return id != 1; };
    fixture.events.record_headers = false;
    script.request(1, kSessionServerPath, "refused").request(3, kSessionServerPath, "taken");
    REQUIRE(fixture.feed(script, chunking));
    REQUIRE(fixture.drain());
    CHECK(fixture.events.text() ==
          "begin 1, refused end 1, begin 3, headers end 3, data 3 (10), end 3, reset sent 1 REFUSED_STREAM");
    CHECK(fixture.sent.summary() == "RST_STREAM 1 REFUSED_STREAM");
  });
}

// A reset that left before the block's end would take the stream from the library, and its end with it.
TEST_CASE("Session: a block that is refused while it arrives is answered when it has arrived") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.accept_stream = [](http2::StreamId id) { return id != 1; };
  fixture.events.record_headers = false;
  const std::string block =
      script.headers(1, request_fields(kSessionServerPath), {.end_stream = true}).take();
  for (std::size_t i = 0; i < block.size(); ++i) {
    CHECK(fixture.events.count("refused end") == 0);
    REQUIRE(fixture.feed(script.raw(block.substr(i, 1)), Chunking::whole()));
    REQUIRE(fixture.drain());
  }
  CHECK(fixture.events.count("refused end 1") == 1);
  CHECK(fixture.sent.summary() == "RST_STREAM 1 REFUSED_STREAM");
}

TEST_CASE("Session: a refused block that is malformed has its end, too") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.accept_stream = [](http2::StreamId id) { return id != 1; };
    fixture.events.record_headers = false;
    script.headers(1, with(request_fields(kSessionServerPath), "Upper", "case"), {.end_stream = true});
    REQUIRE(fixture.feed(script, chunking));
    REQUIRE(fixture.drain());
    CHECK(fixture.events.count("refused end 1") == 1);
    CHECK(fixture.sent.find(FrameType::kReset, 1) != nullptr);
  });
}

TEST_CASE("Session: a header judged kResetStream resets its stream and keeps HPACK in step") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    fixture.events.judge_header = [](RecordedStream& stream, http2::HeaderField field) {
      return stream.id == 1 && field.name == "x-bad" ? HeaderVerdict::kResetStream : HeaderVerdict::kContinue;
    };
    Fields bad = with(with(request_fields(kSessionServerPath), "x-bad", "1"), "x-later", "kept in the table");
    script.headers(1, bad).headers(3, bad, {.end_stream = true});
    REQUIRE(fixture.feed(script, chunking));
    REQUIRE(fixture.drain());
    CHECK(fixture.sent.summary() == "RST_STREAM 1 INTERNAL_ERROR");
    CHECK(
        fixture.events.text() ==
        "begin 1, begin 3, headers end 3 last, end 3, reset sent 1 INTERNAL_ERROR, closed 1 INTERNAL_ERROR");
  });
}

TEST_CASE("Session: a peer's reset is reported and closes the stream, at any point") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, request_fields(kSessionServerPath)).reset(1, ErrorCode::kCancel);
    script.headers(3, request_fields(kSessionServerPath)).data(3, "half").reset(3, ErrorCode::kNoError);
    script.request(5, kSessionServerPath, "").reset(5, ErrorCode::kInternalError);
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() ==
          "begin 1, headers end 1, reset received 1 CANCEL, closed 1 CANCEL, "
          "begin 3, headers end 3, data 3 (4), reset received 3 NO_ERROR, closed 3 NO_ERROR, "
          "begin 5, headers end 5, data 5 (5), end 5, reset received 5 INTERNAL_ERROR, "
          "closed 5 INTERNAL_ERROR");
    REQUIRE(fixture.drain());
    CHECK(fixture.sent.summary().empty());
  });
}

TEST_CASE("Session: our own reset is reported when it leaves, then the stream is closed") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.record_headers = false;
  REQUIRE(fixture.feed(script.headers(1, request_fields(kSessionServerPath))));
  fixture->submit_reset(1, ErrorCode::kCancel);
  fixture.events.clear();
  // Until it has left, the stream's bytes are dropped.
  REQUIRE(fixture.feed(script.data(1, "late")));
  REQUIRE(fixture.drain());
  CHECK(fixture.events.text() == "reset sent 1 CANCEL, closed 1 CANCEL");
  CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
}

TEST_CASE("Session: a response to a stream that is gone is an error of that stream alone") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  static constexpr http2::HeaderField kHead[] = {{":status", "200"}};
  REQUIRE(fixture.feed(script.headers(1, request_fields(kSessionServerPath)).reset(1, ErrorCode::kCancel)));
  // nghttp2 takes the frame and drops it when it would be sent: nothing reaches the peer either way.
  static_cast<void>(fixture->submit_response(1, kHead, false));
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.summary().empty());
  CHECK(fixture->is_alive());
}

TEST_CASE("Session: streams on one connection interleave") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, request_fields(kSessionServerPath)).headers(3, request_fields(kSessionServerPath));
    script.data(3, "c").data(1, "a").data(3, "d", true).data(1, "b", true);
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.stream(1).body == "ab");
    CHECK(fixture.events.stream(3).body == "cd");
    CHECK(fixture.events.text() ==
          "begin 1, headers end 1, begin 3, headers end 3, data 3 (1), data 1 (1), data 3 (1), end 3, "
          "data 1 (1), end 1");
  });
}

TEST_CASE("Session: events of a forgotten stream stop, and the stream still ends on the wire") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.record_headers = false;
  REQUIRE(fixture.feed(script.headers(1, request_fields(kSessionServerPath))));
  fixture->forget(1);
  fixture->submit_reset(1, ErrorCode::kCancel);
  fixture.events.clear();
  REQUIRE(fixture.feed(script.data(1, "late", true)));
  REQUIRE(fixture.drain());
  CHECK(fixture.events.text() == "reset sent 1 CANCEL");
  CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
}

TEST_CASE("Session: a stream forgotten at the end of its headers has no end-of-stream event") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.record_headers = false;
  fixture.events.after_headers_end = [&](RecordedStream& stream, bool) { fixture->forget(stream.id); };
  REQUIRE(fixture.feed(script.headers(1, request_fields(kSessionServerPath), {.end_stream = true})));
  CHECK(fixture.events.text() == "begin 1, headers end 1 last");
}

TEST_CASE("Session: HTTP/1.1 gets a GOAWAY and an error that says what gRPC needs") {
  for (const std::string_view request :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/1.0\r\n\r\nSM\r\n\r\n"}) {
    SessionFixture fixture;
    const Result<void> result = fixture.feed(request);
    REQUIRE_FALSE(result);
    CHECK(result.error().scope == ErrorScope::kConnection);
    CHECK(result.error().code == static_cast<int>(ErrorCode::kProtocolError));
    CHECK(result.error().detail.find("HTTP/2") != std::string::npos);
    REQUIRE(fixture.drain());
    REQUIRE(fixture.sent.find(FrameType::kGoaway) != nullptr);
    CHECK(fixture.sent.find(FrameType::kGoaway)->error_code() == ErrorCode::kProtocolError);
    CHECK_FALSE(fixture->is_alive());
  }
}

}  // namespace
}  // namespace hawser::test
