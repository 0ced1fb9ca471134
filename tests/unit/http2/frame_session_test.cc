// What is FrameSession's alone: pieces of frames across a quiet time, attacks on its own tables, streams that
// end in unusual ways. The rules of the protocol are in the tests of sessions, which it shares.
#include "hawser/http2/frame_session.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>

#include "hawser/http2/memory_pool.h"
#include "support/bytes.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/recording_events.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using http2::HeaderField;
using http2::Role;
using http2::StreamId;

constexpr std::string_view kFrameSessionPath = "/echo.EchoService/Echo";

struct FrameFixture {
  explicit FrameFixture(Role role = Role::kServer, const http2::Limits& limits = {})
      : config(http2::SessionConfig::create(role, limits).value()),
        session(http2::FrameSession::create(*config, events, pool).value()) {
    if (role == Role::kServer) script.preface();
    give(script.settings().take());
    drain();
    events.clear();
  }
  /// In a block of exactly its size, so that sanitizers see what is read beyond.
  Result<void> give(std::string_view bytes) {
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes.size()]);
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    return session->receive({copy.get(), bytes.size()});
  }
  std::string drain() {
    ByteQueue output;
    REQUIRE(session->drain(output, std::size_t{1} << 30));
    sent.take();
    sent.feed(output.readable());
    return sent.summary();
  }

  RecordingEvents events;
  FrameParser sent;
  FrameScript script;
  std::unique_ptr<http2::SessionConfig> config;
  http2::MemoryPool pool;
  std::unique_ptr<http2::FrameSession> session;
};

TEST_CASE(
    "FrameSession: what has come of a frame is not lost when memory is given back in the middle of it") {
  FrameScript frames;
  frames.settings_ack().settings({{SettingId::kMaxHeaderListSize, 1000}});
  frames.headers(1, request_fields(kFrameSessionPath), {.padding = 3, .fragment = 20});
  frames.frame(
      FrameType::kHeaders, kFlagPriority | kFlagEndHeaders, 3,
      std::string("\0\0\0\0\1", 5) + hpack_indexed(3) + hpack_indexed(6) + hpack_literal(":path", "/a/b"));
  frames.ping(0x4142'4344'4546'4748).data(1, "body", false, 4).window_update(1, 10).priority(1, 0);
  frames.frame(0x42, 0, 1, "unknown").reset(3, ErrorCode::kCancel).data(1, "end", true);
  frames.goaway(0, ErrorCode::kNoError, "words");
  const std::string bytes = frames.take();

  FrameFixture judge;
  REQUIRE(judge.give(bytes));
  const std::string sent = judge.drain();
  REQUIRE(judge.events.text().ends_with("goaway 0 NO_ERROR 'words'"));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    FrameFixture quiet;
    REQUIRE(quiet.give(bytes.substr(0, cut)));
    std::string answers = quiet.drain();
    quiet.session->give_memory_back();
    REQUIRE(quiet.give(bytes.substr(cut)));
    const std::string rest = quiet.drain();
    answers += (answers.empty() || rest.empty() ? "" : ", ") + rest;
    CHECK(answers == sent);
    CHECK(quiet.events.count("closed") == judge.events.count("closed"));
    CHECK(quiet.events.count("header ") == judge.events.count("header "));
    CHECK(quiet.events.stream(1).body == judge.events.stream(1).body);
    CHECK(quiet.events.text().ends_with("goaway 0 NO_ERROR 'words'"));
  }
}

TEST_CASE("FrameSession: no GOAWAY names a later stream than the one before (RFC 9113 6.8)") {
  FrameFixture server;
  bool accepts = true;
  server.events.accept_stream = [&](StreamId) { return accepts; };
  REQUIRE(server.give(server.script.settings_ack().headers(1, request_fields(kFrameSessionPath)).take()));
  server.session->submit_final_goaway("max_age");
  accepts = false;
  REQUIRE(server.give(server.script.headers(3, request_fields(kFrameSessionPath)).take()));
  CHECK(server.drain().starts_with("GOAWAY 1 NO_ERROR"));
  server.session->end(ErrorCode::kNoError, "grace");
  CHECK(server.drain() == "GOAWAY 1 NO_ERROR");
}

TEST_CASE("FrameSession: nothing is sent after the end") {
  FrameFixture server;
  server.session->end(ErrorCode::kNoError, "enough");
  server.session->submit_ping(7);
  server.session->submit_final_goaway("later");
  CHECK(server.drain() == "GOAWAY 0 NO_ERROR");
  CHECK_FALSE(server.session->is_alive());
}

TEST_CASE("FrameSession: a stream that was forgotten after our end is gone with the peer's") {
  bool ends_by_trailers = false;
  SUBCASE("by DATA") {}
  SUBCASE("by trailers") { ends_by_trailers = true; }
  static constexpr HeaderField kHead[] = {{":status", "200"}};
  FrameFixture server;
  REQUIRE(server.give(server.script.settings_ack().headers(1, request_fields(kFrameSessionPath)).take()));
  REQUIRE(server.session->submit_response(1, kHead, false));
  server.drain();
  server.session->forget(1);
  if (ends_by_trailers) {
    REQUIRE(server.give(server.script.trailers(1, {{"x-late", "1"}}).take()));
  } else {
    REQUIRE(server.give(server.script.data(1, "x", true).take()));
  }
  server.session->submit_final_goaway();
  server.drain();
  CHECK_FALSE(server.session->is_alive());
}

TEST_CASE("FrameSession: streams over the limit that come without end end the connection") {
  FrameFixture server;
  server.events.record_headers = false;
  for (StreamId id = 1; id < 6'000 && server.session->is_alive(); id += 2) {
    REQUIRE(server.give(server.script.headers(id, request_fields(kFrameSessionPath)).take()));
  }
  REQUIRE(server.drain().ends_with("ENHANCE_YOUR_CALM"));
}

TEST_CASE("FrameSession: a thousand calls before the limit is known are refused, and no offence") {
  FrameFixture server;
  server.events.record_headers = false;
  for (StreamId id = 1; id < 2'001; id += 2) {
    REQUIRE(server.give(server.script.headers(id, request_fields(kFrameSessionPath)).take()));
  }
  server.drain();
  CHECK(server.session->is_alive());
  CHECK(server.sent.count(FrameType::kReset) == 1'000 - http2::Limits{}.max_concurrent_streams);
}

TEST_CASE("FrameSession: a fault that makes us reset is told, also when the peer resets first (S-8)") {
  FrameFixture server;
  server.script.settings_ack();
  for (StreamId id = 1; id < 201; id += 2) {
    server.script.headers(id, request_fields(kFrameSessionPath)).window_update(id, 0x7FFF'FFFF);
    server.script.reset(id, ErrorCode::kCancel);
  }
  REQUIRE(server.give(server.script.take()));
  CHECK(server.events.count("reset sent") == 100);
  CHECK(server.drain().empty());
}

TEST_CASE("FrameSession: frames of streams that have closed are idle ones (S-9)") {
  FrameFixture server;
  server.script.settings_ack().headers(1, request_fields(kFrameSessionPath)).reset(1, ErrorCode::kCancel);
  REQUIRE(server.give(server.script.take()));
  server.events.clear();
  server.script.frame(FrameType::kHeaders, kFlagEndHeaders, 1, "").data(1, "").data(1, "", false, 5);
  REQUIRE(server.give(server.script.take()));
  CHECK(server.events.text() == "idle late headers, idle empty data");
}

// grpc-core's clients number a stream and may cancel it before its HEADERS are written: no reason to end the
// other calls of their connection.
TEST_CASE("FrameSession: a client may reset a stream before its HEADERS, which needn't come (S-7)") {
  FrameFixture server;
  server.script.settings_ack().headers(1, request_fields(kFrameSessionPath));
  server.script.reset(3, ErrorCode::kCancel).headers(5, request_fields(kFrameSessionPath));
  REQUIRE(server.give(server.script.take()));
  CHECK(server.events.count("reset received 3") == 1);
  CHECK(server.events.count("headers end") == 2);
  CHECK(server.drain().empty());
}

TEST_CASE("FrameSession: a stream whose reset came first is opened by its HEADERS") {
  FrameFixture server;
  server.script.settings_ack().reset(1, ErrorCode::kCancel).headers(1, request_fields(kFrameSessionPath));
  REQUIRE(server.give(server.script.take()));
  CHECK(server.events.count("headers end 1") == 1);
  CHECK(server.drain().empty());
}

TEST_CASE("FrameSession: a server that resets a stream which was never opened is at fault") {
  FrameFixture client(Role::kClient);
  client.script.reset(1, ErrorCode::kCancel);
  REQUIRE(client.give(client.script.take()));
  CHECK(client.drain().find("GOAWAY") != std::string::npos);
}

TEST_CASE("FrameSession: GOAWAYs after the first are counted (S-9)") {
  FrameFixture client(Role::kClient);
  for (int i = 0; i < 3; ++i) client.script.goaway(0x7FFF'FFFF, ErrorCode::kNoError);
  REQUIRE(client.give(client.script.take()));
  CHECK(client.events.count("idle goaway") == 2);
}

TEST_CASE("FrameSession: a GOAWAY closes all that it leaves out, while their owner opens others") {
  static constexpr HeaderField kRequest[] = {{":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}};
  FrameFixture client(Role::kClient);
  REQUIRE(client.give(client.script.settings({{SettingId::kMaxConcurrentStreams, 100'000}}).take()));
  for (StreamId id = 1; id < 2'001; id += 2) {
    REQUIRE(client.session->submit_request(kRequest, client.events.stream(id), false));
  }
  client.drain();
  client.events.clear();
  client.events.after_closed = [&](RecordedStream& stream) {
    static_cast<void>(
        client.session->submit_request(kRequest, client.events.stream(stream.id + 10'000), false));
  };
  REQUIRE(client.give(client.script.goaway(99, ErrorCode::kNoError).take()));
  CHECK(client.events.count("closed") == 950);
  client.events.after_closed = nullptr;
  client.drain();
  CHECK(client.events.count("closed") == 1'900);  // the new ones: nobody takes them
}

}  // namespace
}  // namespace hawser::test
