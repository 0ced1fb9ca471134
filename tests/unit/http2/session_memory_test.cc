// What sessions cost, and that they give it back.
#include <doctest/doctest.h>

#include "support/allocation_counter.h"
#include "support/in_all_chunkings.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;
using http2::ErrorCode;

constexpr std::string_view kSessionMemoryPath = "/echo.EchoService/Echo";
constexpr http2::HeaderField kSessionMemoryHead[] = {{":status", "200"},
                                                     {"content-type", "application/grpc"}};
constexpr http2::HeaderField kSessionMemoryTrailers[] = {{"grpc-status", "0"}};

TEST_CASE("Session: destroying it in any state leaves no block in the pool, and no event") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    const std::size_t idle_blocks = fixture.pool().blocks_in_use();
    CHECK(idle_blocks > 0);
    // Open, half closed, replying, waiting, reset, in the middle of a header block.
    script.headers(1, request_fields(kSessionMemoryPath))
        .request(3, kSessionMemoryPath, "x")
        .request(5, kSessionMemoryPath, "y");
    script.headers(7, request_fields(kSessionMemoryPath)).reset(7, ErrorCode::kCancel);
    script.headers(9, request_fields(kSessionMemoryPath), {.end_headers = false});
    REQUIRE(fixture.feed(script, chunking));
    fixture.events.stream(3).chunks = {{std::string(100'000, 'x'), BodyChunk::Then::kEnd}};
    REQUIRE(fixture->submit_response(3, kSessionMemoryHead, true));
    fixture.events.stream(5).chunks = {{"", BodyChunk::Then::kWait}};
    REQUIRE(fixture->submit_response(5, kSessionMemoryHead, true));
    REQUIRE(fixture.drain(1000));
    fixture->submit_ping(1);
    fixture.events.clear();
    CHECK(fixture.pool().blocks_in_use() > idle_blocks);
    fixture.destroy_session();
    CHECK(fixture.pool().blocks_in_use() == 0);
    // A protocol must free its own streams: the library closes none when it goes.
    CHECK(fixture.events.text().empty());
  });
}

TEST_CASE("Session: a poisoned session gives its memory back too") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.judge_header = [](RecordedStream&, http2::HeaderField) {
    return http2::HeaderVerdict::kEndConnection;
  };
  CHECK_FALSE(
      fixture.feed(script.headers(1, with(request_fields(kSessionMemoryPath), "x", std::string(9000, 'x')))));
  REQUIRE(fixture.drain());
  fixture.destroy_session();
  CHECK(fixture.pool().blocks_in_use() == 0);
}

TEST_CASE("Session: a client with calls that never left gives its memory back") {
  SessionFixture fixture(http2::Role::kClient);
  static constexpr http2::HeaderField kRequest[] = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}, {":authority", "x"}};
  for (int i = 0; i < 200; ++i)
    REQUIRE(fixture->submit_request(kRequest, fixture.events.stream(2 * i + 1), true));
  REQUIRE(fixture.drain(100));
  fixture.destroy_session();
  CHECK(fixture.pool().blocks_in_use() == 0);
}

TEST_CASE("Session: closed streams leave nothing behind") {
  SessionFixture fixture;
  FrameScript script;
  fixture.start(script);
  fixture.events.record_headers = false;
  fixture.events.before_body = [&](RecordedStream& s) {
    REQUIRE(fixture->submit_trailers(s.id, kSessionMemoryTrailers));
  };
  const auto call = [&](http2::StreamId id) {
    REQUIRE(fixture.feed(script.request(id, kSessionMemoryPath, "ping")));
    fixture.events.stream(id).chunks = {{grpc_message("pong"), BodyChunk::Then::kTrailers}};
    REQUIRE(fixture->submit_response(id, kSessionMemoryHead, true));
    REQUIRE(fixture.drain());
    REQUIRE(fixture.events.text().ends_with("closed " + std::to_string(id) + " NO_ERROR"));
    fixture->consume_connection(9);
    fixture.events.clear();
  };
  for (http2::StreamId id = 1; id < 41; id += 2) call(id);
  const std::size_t blocks = fixture.pool().blocks_in_use();
  const std::uint64_t from_heap = fixture.pool().heap_allocations();
  for (http2::StreamId id = 41; id < 2001; id += 2) call(id);
  CHECK(fixture.pool().blocks_in_use() == blocks);
  // Once warm, every block of a call comes from a free list.
  CHECK(fixture.pool().heap_allocations() == from_heap);
}

// Events that keep nothing, so that every allocation counted is the session's own.
class SilentEvents final : public http2::SessionEvents {
 public:
  struct OneStream final : http2::Stream {};

  http2::Stream* on_stream_begin(http2::StreamId id) override {
    last_id = id;
    return &stream;
  }
  void on_refused_end(http2::StreamId) override {}
  void on_trailers_begin(http2::Stream&) override {}
  http2::HeaderVerdict on_header(http2::Stream&, http2::HeaderField) override {
    return http2::HeaderVerdict::kContinue;
  }
  void on_headers_end(http2::Stream&, bool) override {}
  void on_data(http2::Stream&, Bytes bytes) override { received += bytes.size(); }
  void on_end_of_stream(http2::Stream&) override { ended = true; }
  BodyChunk on_body_wanted(http2::Stream&, MutableBytes into) override {
    into[0] = 'x';
    static_cast<void>(session->submit_trailers(last_id, kSessionMemoryTrailers));
    return {1, BodyChunk::Then::kTrailers};
  }
  void on_last_frame_sent(http2::Stream&) override {}
  void on_stream_closed(http2::Stream&, ErrorCode) override { ++closed; }
  void on_reset_sent(http2::StreamId, ErrorCode) override {}
  void on_reset_received(http2::StreamId, ErrorCode) override {}
  void on_idle_frame(http2::IdleFrame) override {}
  void on_settings() override {}
  void on_settings_acknowledged() override {}
  void on_ping_acknowledged(std::uint64_t) override {}
  void on_goaway(http2::StreamId, ErrorCode, std::string_view) override {}

  http2::Session* session = nullptr;
  OneStream stream;
  http2::StreamId last_id = 0;
  std::size_t received = 0;
  bool ended = false;
  int closed = 0;
};

TEST_CASE("Session: a warm unary call allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  constexpr int kWarmUp = 20;
  constexpr int kCalls = 100;
  const auto config = http2::SessionConfig::create(http2::Role::kServer, http2::Limits{}).value();
  http2::MemoryPool pool;
  SilentEvents events;
  const auto session = http2::Session::create(*config, events, pool).value();
  events.session = session.get();
  FrameScript script;
  REQUIRE(session->receive(as_bytes(script.client_start().settings_ack().take())));
  std::vector<std::string> calls;
  for (int i = 0; i < kWarmUp + kCalls; ++i)
    calls.push_back(script.request(2 * i + 1, kSessionMemoryPath, "ping").take());

  ByteQueue output;
  output.reserve(4096);
  int failures = 0;
  const auto call = [&](const std::string& bytes) {
    failures += session->receive(as_bytes(bytes)) ? 0 : 1;
    session->consume(events.last_id, 9);
    failures += session->submit_response(events.last_id, kSessionMemoryHead, true) ? 0 : 1;
    failures += session->drain(output, kNoHighWater) ? 0 : 1;
    output.clear();
  };
  for (int i = 0; i < kWarmUp; ++i) call(calls[static_cast<std::size_t>(i)]);
  const std::uint64_t from_heap = pool.heap_allocations();
  const AllocationCounter allocations;
  for (int i = kWarmUp; i < kWarmUp + kCalls; ++i) call(calls[static_cast<std::size_t>(i)]);
  const std::uint64_t calls_of_new = allocations.calls();
  CHECK(calls_of_new == 0);
  CHECK(pool.heap_allocations() == from_heap);
  CHECK(failures == 0);
  CHECK(events.closed == kWarmUp + kCalls);
}

}  // namespace
}  // namespace hawser::test
