// How a body is pulled: on_body_wanted, waiting, trailers, resets.
#include <doctest/doctest.h>

#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;
using http2::ErrorCode;

constexpr std::string_view kPath = "/echo.EchoService/Echo";
constexpr http2::HeaderField kHead[] = {{":status", "200"}, {"content-type", "application/grpc"}};
constexpr http2::HeaderField kTrailers[] = {{"grpc-status", "0"}};
constexpr http2::HeaderField kTrailersOnly[] = {
    {":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "12"}};

// A server with stream 1 open; `whole`: its request has ended.
struct Replying {
  explicit Replying(bool whole = true) {
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, request_fields(kPath), {.end_stream = whole});
    REQUIRE(fixture.feed(script));
    fixture.events.clear();
  }
  void reply(std::deque<ScriptedChunk> chunks) {
    fixture.events.stream(1).chunks = std::move(chunks);
    REQUIRE(fixture->submit_response(1, kHead, true));
    REQUIRE(fixture.drain());
  }
  RecordingEvents& events() { return fixture.events; }
  std::string sent() { return fixture.sent.summary(); }

  SessionFixture fixture;
  FrameScript script;
};

TEST_CASE("Session: a body in several chunks is sent as they come") {
  Replying call;
  call.reply({{"one"}, {"two"}, {"three", BodyChunk::Then::kEnd}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3), DATA 1 (3), DATA 1 (5) end");
  CHECK(call.events().text() ==
        "body wanted 1, body wanted 1, body wanted 1, last frame sent 1, closed 1 NO_ERROR");
}

TEST_CASE("Session: a large chunk is cut into frames of the default size") {
  Replying call;
  call.reply({{std::string(40'000, 'x'), BodyChunk::Then::kEnd}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (16384), DATA 1 (16384), DATA 1 (7232) end");
}

// Frames of 16 KiB by way of nghttp2's buffer, the rest in place: both in the order that they were made in.
TEST_CASE("Session: large bodies of two streams arrive whole, whatever the output's limit") {
  std::string first;
  std::string second;
  for (int i = 0; i < 60'000; ++i) {
    first += static_cast<char>('a' + i % 23);
    second += static_cast<char>('A' + i % 19);
  }
  for (const std::size_t high_water :
       {kNoHighWater, std::size_t{1}, std::size_t{20'000}, std::size_t{50'000}}) {
    CAPTURE(high_water);
    Replying call;
    call.script.window_update(0, 1'000'000).headers(3, request_fields(kPath), {.end_stream = true});
    REQUIRE(call.fixture.feed(call.script));
    call.events().stream(1).chunks = {{first, BodyChunk::Then::kMore}, {"", BodyChunk::Then::kEnd}};
    call.events().stream(3).chunks = {{second, BodyChunk::Then::kEnd}};
    REQUIRE(call.fixture->submit_response(1, kHead, true));
    REQUIRE(call.fixture->submit_response(3, kHead, true));
    int drains = 0;
    do {
      REQUIRE(call.fixture.drain(high_water));
    } while (call.fixture->wants_write() && ++drains < 100);
    CHECK(call.fixture.sent.body(1) == first);
    CHECK(call.fixture.sent.body(3) == second);
    CHECK_FALSE(call.fixture.sent.has_incomplete_frame());
  }
}

TEST_CASE("Session: kWait sends nothing until resume_body") {
  Replying call;
  call.reply({{"one"}, {"", BodyChunk::Then::kWait}, {"two", BodyChunk::Then::kEnd}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3)");
  CHECK_FALSE(call.fixture->wants_write());
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3)");
  call.fixture->resume_body(1);
  CHECK(call.fixture->wants_write());
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3), DATA 1 (3) end");
}

TEST_CASE("Session: resume_body of a body that doesn't wait, or of no stream, does nothing") {
  Replying call;
  call.fixture->resume_body(1);
  call.fixture->resume_body(77);
  call.reply({{"one", BodyChunk::Then::kEnd}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3) end");
}

TEST_CASE("Session: trailers submitted from on_body_wanted end the stream") {
  Replying call;
  call.events().before_body = [&](RecordedStream&) { REQUIRE(call.fixture->submit_trailers(1, kTrailers)); };
  call.reply({{"body", BodyChunk::Then::kTrailers}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (4), HEADERS 1 end");
  CHECK(call.fixture.sent.last_headers(1).header("grpc-status") == "0");
  CHECK(call.events().text() == "body wanted 1, last frame sent 1, closed 1 NO_ERROR");
}

TEST_CASE("Session: trailers may be submitted after the body's last byte was taken") {
  Replying call;
  call.reply({{"body", BodyChunk::Then::kTrailers}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (4)");
  REQUIRE(call.fixture->submit_trailers(1, kTrailers));
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "HEADERS 1, DATA 1 (4), HEADERS 1 end");
}

TEST_CASE("Session: an empty body with trailers sends no DATA bytes") {
  Replying call;
  call.events().before_body = [&](RecordedStream&) { REQUIRE(call.fixture->submit_trailers(1, kTrailers)); };
  call.reply({{"", BodyChunk::Then::kTrailers}});
  CHECK(call.fixture.sent.body(1).empty());
  CHECK(call.fixture.sent.last_headers(1).header("grpc-status") == "0");
}

TEST_CASE("Session: a waiting body is ended by trailers after a resume") {
  Replying call;
  call.reply({{"one"}, {"", BodyChunk::Then::kWait}, {"", BodyChunk::Then::kTrailers}});
  REQUIRE(call.fixture->submit_trailers(1, kTrailers));
  call.fixture->resume_body(1);
  REQUIRE(call.fixture.drain());
  CHECK(call.fixture.sent.body(1) == "one");
  CHECK(call.sent().ends_with("HEADERS 1 end"));
}

TEST_CASE("Session: a trailers-only response is one HEADERS with END_STREAM") {
  Replying call;
  REQUIRE(call.fixture->submit_response(1, kTrailersOnly, false));
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "HEADERS 1 end");
  CHECK(call.events().text() == "last frame sent 1, closed 1 NO_ERROR");
}

TEST_CASE("Session: kReset abandons the body with INTERNAL_ERROR") {
  Replying call;
  call.reply({{"one"}, {"", BodyChunk::Then::kReset}});
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3), RST_STREAM 1 INTERNAL_ERROR");
  CHECK(call.events().text() ==
        "body wanted 1, body wanted 1, reset sent 1 INTERNAL_ERROR, closed 1 INTERNAL_ERROR");
}

// P-74: an early reply is followed by RST_STREAM NO_ERROR, so that the peer stops sending.
TEST_CASE("Session: a reset submitted from on_last_frame_sent follows the trailers") {
  Replying call(false);
  call.events().after_last_frame_sent = [&](RecordedStream& s) {
    call.fixture->submit_reset(s.id, ErrorCode::kNoError);
  };
  REQUIRE(call.fixture->submit_response(1, kTrailersOnly, false));
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(call.events().text() == "last frame sent 1, reset sent 1 NO_ERROR, closed 1 NO_ERROR");
}

// Why P-74 says "only from on_last_frame_sent": the library drops frames of a stream that it will reset.
TEST_CASE("Session: a reset submitted together with the trailers replaces them") {
  Replying call(false);
  REQUIRE(call.fixture->submit_response(1, kTrailersOnly, false));
  call.fixture->submit_reset(1, ErrorCode::kNoError);
  REQUIRE(call.fixture.drain());
  CHECK(call.sent() == "RST_STREAM 1 NO_ERROR");
}

TEST_CASE("Session: an early reply without a reset leaves the stream half open for the peer") {
  Replying call(false);
  REQUIRE(call.fixture->submit_response(1, kTrailersOnly, false));
  REQUIRE(call.fixture.drain());
  CHECK(call.events().text() == "last frame sent 1");
  REQUIRE(call.fixture.feed(call.script.data(1, "rest", true)));
  CHECK(call.events().text() == "last frame sent 1, data 1 (4), end 1, closed 1 NO_ERROR");
}

TEST_CASE("Session: a body stops when its stream is reset by the peer") {
  Replying call(false);
  call.reply({{"one"}, {"", BodyChunk::Then::kWait}, {"two", BodyChunk::Then::kEnd}});
  call.events().clear();
  REQUIRE(call.fixture.feed(call.script.reset(1, ErrorCode::kCancel)));
  call.fixture->resume_body(1);
  REQUIRE(call.fixture.drain());
  CHECK(call.events().text() == "reset received 1 CANCEL, closed 1 CANCEL");
  CHECK(call.sent() == "HEADERS 1, DATA 1 (3)");
}

TEST_CASE("Session: a body is not asked for after forget and reset") {
  Replying call;
  call.fixture.events.stream(1).chunks = {{"never", BodyChunk::Then::kEnd}};
  REQUIRE(call.fixture->submit_response(1, kHead, true));
  call.fixture->forget(1);
  call.fixture->submit_reset(1, ErrorCode::kCancel);
  REQUIRE(call.fixture.drain());
  CHECK(call.events().text() == "reset sent 1 CANCEL");
}

TEST_CASE("Session: drain stops at the high-water mark and goes on where it stopped") {
  Replying call;
  call.fixture.events.stream(1).chunks = {{std::string(60'000, 'x'), BodyChunk::Then::kEnd}};
  REQUIRE(call.fixture->submit_response(1, kHead, true));
  ByteQueue output;
  REQUIRE(call.fixture->drain(output, 20'000));
  CHECK(output.size() >= 20'000);
  // At most one frame beyond the mark.
  CHECK(output.size() < 20'000 + kMaxFramePayload + kFrameHeaderBytes);
  const std::size_t held = output.size();
  REQUIRE(call.fixture->drain(output, 20'000));
  CHECK(output.size() == held);
  REQUIRE(call.fixture->drain(output, kNoHighWater));
  call.fixture.sent.feed(output.readable());
  CHECK(call.fixture.sent.body(1).size() == 60'000);
  CHECK(call.sent().ends_with("end"));
}

TEST_CASE("Session: bodies of several streams share the connection") {
  Replying call;
  REQUIRE(call.fixture.feed(call.script.headers(3, request_fields(kPath), {.end_stream = true})));
  for (const http2::StreamId id : {1, 3}) {
    call.fixture.events.stream(id).chunks = {{std::string(50'000, 'x'), BodyChunk::Then::kEnd}};
    REQUIRE(call.fixture->submit_response(id, kHead, true));
  }
  // The connection window is 64 KiB: neither stream may take it all.
  REQUIRE(call.fixture.drain());
  CHECK(call.fixture.sent.body(1).size() + call.fixture.sent.body(3).size() == 65'535);
  CHECK(call.fixture.sent.body(1).size() >= 15'000);
  CHECK(call.fixture.sent.body(3).size() >= 15'000);
}

TEST_CASE("Session: many fields and long values of a reply are sent whole") {
  Replying call;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("x-field-" + std::to_string(i));
  const std::string value(1000, 'v');
  std::vector<http2::HeaderField> fields = {{":status", "200"}};
  for (const std::string& name : names) fields.push_back({name, value});
  REQUIRE(call.fixture->submit_response(1, fields, false));
  REQUIRE(call.fixture.drain());
  REQUIRE(call.fixture.sent.frames().size() == 1);
  const Frame& headers = call.fixture.sent.frames()[0];
  REQUIRE(headers.fields.size() == 41);
  CHECK(headers.header("x-field-39") == value);
}

}  // namespace
}  // namespace hawser::test
