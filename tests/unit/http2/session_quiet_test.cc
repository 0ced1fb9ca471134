// A session that is quiet gives pages back, and goes on as if it had not.
#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include "hawser/http2/library_session.h"
#include "support/in_all_chunkings.h"
#include "support/seed.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;

// Our own session never has a whole page (http2/session.h).
constexpr bool kSessionHasPages = std::is_same_v<http2::Session, http2::LibrarySession>;
constexpr std::string_view kQuietPath = "/echo.EchoService/Echo";
constexpr http2::HeaderField kQuietHead[] = {{":status", "200"}, {"content-type", "application/grpc"}};
constexpr http2::HeaderField kQuietTrailers[] = {{"grpc-status", "0"}, {"x-trace", "0123456789abcdef"}};

void script_trailers(SessionFixture& fixture) {
  fixture.events.before_body = [&](RecordedStream& s) {
    if (s.chunks.size() == 1) REQUIRE(fixture->submit_trailers(s.id, kQuietTrailers));
  };
}

void answer(SessionFixture& fixture, http2::StreamId id, std::string body) {
  fixture.events.stream(id).chunks = {{std::move(body), BodyChunk::Then::kMore},
                                      {"", BodyChunk::Then::kTrailers}};
  REQUIRE(fixture->submit_response(id, kQuietHead, true));
}

TEST_CASE("Session: a quiet one has no page resident, before its first call and after") {
  SessionFixture fixture;
  script_trailers(fixture);
  FrameScript script;
  fixture.start(script);
  CHECK((fixture.pool().resident_page_bytes() > 0) == kSessionHasPages);
  fixture->give_memory_back();
  CHECK(fixture.pool().resident_page_bytes() == 0);
  const std::string body(40'000, 'b');
  REQUIRE(fixture.feed(script.window_update(0, 1 << 20)));
  for (http2::StreamId id = 1; id < 9; id += 2) {
    REQUIRE(fixture.feed(script.request(id, kQuietPath, "ping")));
    answer(fixture, id, body);
    REQUIRE(fixture.drain());
    CHECK((fixture.sent.body(id) == body));
    CHECK(fixture.sent.last_headers(id).header("grpc-status") == "0");
    CHECK((fixture.pool().resident_page_bytes() >= 16 * 1024) == kSessionHasPages);
    fixture->give_memory_back();
    CHECK(fixture.pool().resident_page_bytes() == 0);
    fixture->consume_connection(9);
  }
}

TEST_CASE("FrameSession: a quiet one gives back what the next call can do without" *
          doctest::skip(kSessionHasPages)) {
  SessionFixture fixture;
  script_trailers(fixture);
  FrameScript script;
  fixture.start(script);
  for (http2::StreamId id = 1; id < 41; id += 2) {
    REQUIRE(fixture.feed(script.request(id, kQuietPath, "ping")));
    answer(fixture, id, "pong");
    REQUIRE(fixture.drain());
    CHECK(fixture.sent.body(id) == "pong");
    if (id % 10 == 1) fixture->give_memory_back();
  }
  const std::size_t used = fixture.pool().blocks_in_use();
  fixture->give_memory_back();
  CHECK(fixture.pool().blocks_in_use() < used);
}

TEST_CASE("Session: frames that wait keep its pages") {
  SessionFixture fixture;
  script_trailers(fixture);
  FrameScript script;
  fixture.start(script);
  REQUIRE(fixture.feed(script.window_update(0, 1 << 20).request(1, kQuietPath, "ping")));
  answer(fixture, 1, std::string(40'000, 'b'));
  REQUIRE(fixture.drain(1));  // the first frame, and no more
  const std::size_t resident = fixture.pool().resident_page_bytes();
  fixture->give_memory_back();
  CHECK(fixture.pool().resident_page_bytes() == resident);
  REQUIRE(fixture.drain());
  CHECK((fixture.sent.body(1) == std::string(40'000, 'b')));
}

TEST_CASE("Session: a client's preface and SETTINGS are not lost") {
  SessionFixture fixture(http2::Role::kClient);
  fixture->give_memory_back();
  REQUIRE(fixture.drain());
  CHECK(fixture.sent.saw_preface());
  CHECK(fixture.sent.summary().starts_with("SETTINGS"));
  fixture->give_memory_back();
  CHECK(fixture.pool().resident_page_bytes() == 0);
}

TEST_CASE("Session: entries of both HPACK tables are there afterwards") {
  SessionFixture fixture;
  script_trailers(fixture);
  FrameScript script;
  fixture.start(script);
  const std::string literal = hpack_literal("x-token", "secret", true);
  const std::string request = hpack_indexed(3) + hpack_indexed(6) + hpack_literal(":path", kQuietPath);
  REQUIRE(fixture.feed(script.header_block(1, request + literal, {.end_stream = true})));
  answer(fixture, 1, "x");
  REQUIRE(fixture.drain());
  fixture->give_memory_back();
  fixture.events.clear();
  fixture.sent.take();
  REQUIRE(fixture.feed(script.header_block(3, request + hpack_indexed(62), {.end_stream = true})));
  CHECK(fixture.events.text().find("header 3 x-token=secret") != std::string::npos);
  answer(fixture, 3, "x");
  REQUIRE(fixture.drain());
  // The parser has one table for the connection: it reads the indices of our encoder.
  CHECK(fixture.sent.last_headers(3).header("x-trace") == "0123456789abcdef");
}

// Two sessions get the same, and one of them gives back what it can after every step.
struct Twins {
  Twins() {
    for (SessionFixture* each : {&plain, &thrifty}) script_trailers(*each);
    each([this](SessionFixture& fixture) {
      REQUIRE(fixture.feed(FrameScript().client_start().settings_ack().take()));
    });
  }
  template <class Step>
  void each(Step step) {
    step(plain);
    step(thrifty);
    thrifty->give_memory_back();
  }
  void feed(FrameScript& script, const Chunking& chunking) {
    const std::string bytes = script.take();
    each([&](SessionFixture& fixture) { REQUIRE(fixture.feed(bytes, chunking)); });
  }
  void drain(std::size_t high_water) {
    ByteQueue out_of_plain;
    ByteQueue out_of_thrifty;
    REQUIRE(plain->drain(out_of_plain, high_water));
    REQUIRE(thrifty->drain(out_of_thrifty, high_water));
    REQUIRE((to_string(out_of_plain) == to_string(out_of_thrifty)));
    thrifty->give_memory_back();
  }
  static std::string to_string(const ByteQueue& queue) {
    return {reinterpret_cast<const char*>(queue.readable().data()), queue.size()};
  }

  SessionFixture plain;
  SessionFixture thrifty;
};

TEST_CASE("Session: whenever pages were given back, it sends the same bytes and tells the same events") {
  std::mt19937_64 random = seeded_generator(0x1D1E);
  for (int round = 0; round < 20; ++round) {
    Twins twins;
    FrameScript script;
    http2::StreamId next = 1;
    std::vector<http2::StreamId> open;
    for (int step = 0; step < 200; ++step) {
      switch (random() % 6) {
        case 0:
        case 1:
          for (std::uint64_t calls = 1 + random() % (step % 50 == 0 ? 90 : 3); calls > 0 && open.size() < 90;
               --calls) {
            Fields fields = request_fields(kQuietPath);
            fields.push_back({"x-" + std::to_string(random() % 20), std::string(random() % 60, 'v')});
            script.headers(next, fields, {.fragment = random() % 4 == 0 ? std::size_t{20} : 0});
            script.data(next, grpc_message(std::string(random() % 6000, 'm')), true);
            open.push_back(next);
            next += 2;
          }
          twins.feed(script, Chunking::random(1000, random()));
          break;
        case 2:
        case 3:
          if (open.empty()) break;
          twins.each(
              [&, size = random() % 3 == 0 ? random() % 50'000 : random() % 100](SessionFixture& fixture) {
                fixture->consume(open.front(), fixture.events.stream(open.front()).body.size());
                answer(fixture, open.front(), std::string(size, 'r'));
              });
          open.erase(open.begin());
          break;
        case 4:
          twins.feed(script.window_update(0, 20'000).ping(random()), Chunking::whole());
          break;
        default:
          twins.drain(random() % 3 == 0 ? random() % 40'000 : kNoHighWater);
      }
    }
    twins.drain(kNoHighWater);
    REQUIRE((twins.plain.events.text() == twins.thrifty.events.text()));
  }
}

}  // namespace
}  // namespace hawser::test
