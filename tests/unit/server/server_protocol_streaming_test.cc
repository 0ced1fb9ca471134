// Streaming calls as a handler drives them: reads, writes, back-pressure, early ends.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/streaming_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

TEST_CASE("ServerProtocol: a streaming method starts with the headers, and reads one message a time") {
  in_all_chunkings([](const Chunking& chunking) {
    StreamingFixture fixture;
    TestStream& stream = fixture.open();
    fixture.client().data(1, grpc_message("a") + grpc_message("") + grpc_message("ccc"), true);
    fixture.server.feed(chunking);
    CHECK(stream.events.empty());
    for (const char* expected : {"a", "", "ccc"}) {
      stream.call.read();
      CHECK(stream.events.find('e') == std::string::npos);
      fixture.server.driver().drain();
      CHECK(stream.messages.back() == expected);
    }
    stream.call.read();
    stream.call.read();
    fixture.server.driver().drain();
    CHECK(stream.events == "mmme");
  });
}

TEST_CASE("ServerProtocol: a read that waits is answered when its message is complete (P-8)") {
  in_all_chunkings([](const Chunking& chunking) {
    StreamingFixture fixture;
    TestStream& stream = fixture.open();
    stream.on_message = [&] { stream.call.read(); };
    stream.call.read();
    std::string expected;
    for (const char* text : {"one", "two", "three"}) {
      const std::string bytes = grpc_message(text);
      for (const char byte : bytes) fixture.client().data(1, std::string(1, byte), false, 7);
    }
    fixture.client().data(1, "", true);
    fixture.server.feed(chunking);
    CHECK(stream.messages == std::vector<std::string>{"one", "two", "three"});
    CHECK(stream.events == "mmme");
  });
}

TEST_CASE("ServerProtocol: faults in a streamed request end the call for both sides") {
  struct Row {
    std::string_view what;
    std::string body;
    std::string grpc_status;
    bool end;
  };
  const Row rows[] = {
      {"a flag that is none (P-45)", grpc_prefix(5, 2), "13", false},
      {"a message over the limit (P-47)", grpc_prefix(4 * 1024 * 1024 + 1), "8", false},
      {"an end in a prefix (P-49)", grpc_prefix(5).substr(0, 3), "13", true},
      {"an end in a message (P-49)", grpc_prefix(5) + "four", "13", true},
      {"compressed without grpc-encoding (P-56)", grpc_message("x", true), "13", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      StreamingFixture fixture;
      TestStream& stream = fixture.open();
      stream.on_message = [&] { stream.call.read(); };
      stream.call.read();
      fixture.client().data(1, grpc_message("fine") + row.body, row.end);
      fixture.server.feed(chunking);
      CHECK(fixture.server.status(1) == row.grpc_status);
      CHECK(stream.events.size() == 3);
      CHECK(stream.events.starts_with("m"));
      CHECK(stream.events.find('e') != std::string::npos);
      CHECK(stream.events.find('c') != std::string::npos);
      CHECK(stream.call.is_cancelled());
      CHECK(fixture.server.protocol().held_bytes() == 0);
      CHECK_FALSE(stream.call.begin_write(1));
      stream.finish();
      CHECK(fixture.server.still_serves(3));
    });
  }
}

// P-9: the window of the stream is what a client can send ahead of the handler.
TEST_CASE("ServerProtocol: bytes that nobody reads are held, without credit for their stream") {
  in_all_chunkings([](const Chunking& chunking) {
    server::ServerOptions options;
    options.limits.stream_window_bytes = 2000;
    options.limits.connection_window_bytes = 70'000;
    StreamingFixture fixture(options);
    TestStream& stream = fixture.open();
    fixture.server.sent().take();
    const std::string message = grpc_message(std::string(995, 'x'));
    fixture.client().data(1, message).data(1, message);
    fixture.server.feed(chunking);
    CHECK(fixture.server.protocol().held_bytes() == 2000);
    CHECK(fixture.summary().empty());
    stream.call.read();
    CHECK(fixture.drained() == "WINDOW_UPDATE 1 +1000");
    CHECK(fixture.server.protocol().held_bytes() == 1000);
    CHECK(stream.events == "m");
    // Another stream is not concerned.
    CHECK(fixture.server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: more than the window is a fault of the stream, and what was held is forgotten") {
  server::ServerOptions options;
  options.limits.stream_window_bytes = 2000;
  StreamingFixture fixture(options);
  TestStream& stream = fixture.open();
  fixture.client().data(1, grpc_message(std::string(1900, 'x'))).data(1, std::string(200, 'x'));
  fixture.server.feed();
  CHECK(fixture.server.sent().find(FrameType::kReset, 1)->error_code() == ErrorCode::kFlowControlError);
  CHECK(fixture.server.protocol().held_bytes() == 0);
  CHECK(stream.events == "c");
}

// S-24: beyond the cap the connection is told to wait, and goes on once bytes were read or dropped.
TEST_CASE("ServerProtocol: streams that nobody reads hold the cap and one connection window at most") {
  server::ServerOptions options;
  options.limits.stream_window_bytes = 20'000;
  options.limits.connection_window_bytes = 70'000;
  options.max_held_bytes = 100'000;
  StreamingFixture fixture(options);
  const std::string chunk = grpc_message(std::string(9'995, 'x'));
  std::size_t sent = 0;
  std::int64_t window = 70'000;
  const auto credited = [&] {
    for (const Frame& frame : fixture.server.sent().take()) {
      if (frame.type == FrameType::kWindowUpdate && frame.id == 0) window += frame.increment();
    }
  };
  for (http2::StreamId id = 1; id < 60; id += 2) {
    fixture.open(id);
    for (int i = 0; i < 2 && window >= 10'000; ++i) {
      fixture.client().data(id, chunk);
      fixture.server.feed();
      sent += chunk.size();
      window -= static_cast<std::int64_t>(chunk.size());
      credited();
    }
  }
  CHECK(window < 10'000);
  CHECK(fixture.server.protocol().held_bytes() == sent);
  CHECK(sent <= 170'000);
  CHECK(sent >= 100'000);
  SUBCASE("they are read") {
    for (const auto& stream : fixture.method.streams) {
      stream->on_message = [&call = stream->call] { call.read(); };
      stream->call.read();
    }
    fixture.server.driver().drain();
  }
  SUBCASE("they are reset") {
    for (http2::StreamId id = 1; id < 60; id += 2) fixture.client().reset(id, ErrorCode::kCancel);
    fixture.server.feed();
  }
  SUBCASE("they are answered") {
    for (const auto& stream : fixture.method.streams) stream->finish();
    fixture.server.driver().drain();
  }
  fixture.server.driver().drain();
  credited();
  CHECK(fixture.server.protocol().held_bytes() == 0);
  CHECK(window > 35'000);
}

TEST_CASE("ServerProtocol: bytes for a stream that was answered early don't use the connection up") {
  server::ServerOptions options;
  options.limits.connection_window_bytes = 70'000;
  StreamingFixture fixture(options);
  for (http2::StreamId id = 1; id < 60; id += 2) {
    fixture.open(id).finish();
    fixture.client().data(id, grpc_message(std::string(9'995, 'x')));
    fixture.server.feed();
  }
  CHECK(fixture.server.goaway() == "none");
  CHECK(fixture.server.still_serves(61));
}

TEST_CASE("ServerProtocol: headers of a streamed reply go ahead of its messages, and its status behind") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  REQUIRE(stream.call.add_initial_metadata("x-first", "1"));
  REQUIRE(stream.call.add_trailing_metadata("x-last", "2"));
  stream.call.send_initial_metadata();
  CHECK(fixture.drained() == "HEADERS 1");
  CHECK(fixture.server.sent().frames()[0].header("x-first") == "1");
  // Too late, and no harm done.
  REQUIRE(stream.call.add_initial_metadata("x-late", "3"));
  stream.write("one");
  CHECK(fixture.drained() == "DATA 1 (8)");
  stream.write("two");
  stream.write("three");
  stream.finish({grpc::StatusCode::kAborted, "and out", {}});
  CHECK(fixture.drained() == "DATA 1 (18), HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(fixture.server.status(1) == "10");
  CHECK(fixture.server.sent().last_headers(1).header("x-last") == "2");
}

TEST_CASE("ServerProtocol: a write is answered when fewer than 64 KiB wait, and never inside of it") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  stream.write("small");
  CHECK(stream.events.empty());
  fixture.server.driver().drain();
  CHECK(stream.events == "w");
  // The client's window has 65,535 bytes: it takes the first of these, half of the second.
  stream.write(std::string(40'000, 'x'));
  fixture.server.driver().drain();
  CHECK(stream.events == "ww");
  stream.write(std::string(100'000, 'x'));
  fixture.server.driver().drain();
  CHECK(stream.events == "ww");
  fixture.client().window_update(0, 1'000'000).window_update(1, 5'000);
  fixture.server.feed();
  CHECK(stream.events == "ww");
  fixture.client().window_update(1, 10'000);
  fixture.server.feed();
  CHECK(stream.events == "www");
}

TEST_CASE("ServerProtocol: what waits for a client that doesn't read is bounded (S-17)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  int written = 0;
  stream.on_write = [&] {
    ++written;
    stream.write(std::string(1000, 'x'));
  };
  stream.write("go");
  fixture.server.driver().drain();
  // 64 KiB of the client's window, 64 KiB queued.
  CHECK(written >= 120);
  CHECK(written <= 135);
  CHECK(fixture.server.sent().body(1).size() == 65'535);
  // A client that opens its window gets more, and the rest stays as bounded as before.
  fixture.client().window_update(0, 10'000'000).window_update(1, 1'000'000);
  fixture.server.feed();
  for (int i = 0; i < 100; ++i) fixture.server.driver().drain();
  CHECK(fixture.server.sent().body(1).size() == 1'065'535);
  CHECK(written <= 1200);
}

TEST_CASE("ServerProtocol: a status needs no window once its messages have left") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  stream.write(std::string(65'530, 'x'));
  CHECK(fixture.drained().ends_with("(16383)"));  // 65,535 bytes: the window is used up
  stream.finish({grpc::StatusCode::kNotFound, "that was all", {}});
  CHECK(fixture.drained() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(fixture.server.status(1) == "5");
}

TEST_CASE("ServerProtocol: a deadline cuts a streamed reply between messages with its status (P-33)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open(1, {{"grpc-timeout", "1S"}});
  stream.write("one");
  fixture.drained();
  fixture.server.sent().take();
  fixture.server.driver().advance(1s);
  CHECK(fixture.summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(fixture.server.status(1) == "4");
  CHECK(stream.events == "wc");
  CHECK_FALSE(stream.call.begin_write(1));
}

TEST_CASE(
    "ServerProtocol: a deadline cuts a streamed reply inside of a message with RST_STREAM CANCEL (P-33)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open(1, {{"grpc-timeout", "1S"}});
  stream.write(std::string(100'000, 'x'));  // more than the window takes
  fixture.drained();
  fixture.server.sent().take();
  fixture.server.driver().advance(1s);
  CHECK(fixture.summary() == "RST_STREAM 1 CANCEL");
  CHECK(stream.events.find('c') != std::string::npos);
  CHECK(stream.events.find('w') != std::string::npos);
  fixture.client().window_update(0, 1000);
  CHECK(fixture.server.still_serves(3));
}

TEST_CASE("ServerProtocol: messages that wait are dropped by a cut, whole ones only") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open(1, {{"grpc-timeout", "1S"}});
  stream.write(std::string(65'530, 'x'));
  stream.write("never seen");
  fixture.drained();
  fixture.server.sent().take();
  fixture.server.driver().advance(1s);
  CHECK(fixture.summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(fixture.server.status(1) == "4");
}

TEST_CASE("ServerProtocol: a cut whose headers have not left yet sends them, and the status") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  stream.write("dropped");
  stream.call.cancel_by_handler();
  CHECK(fixture.drained() == "HEADERS 1, HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(fixture.server.status(1) == "1");
}

TEST_CASE("ServerProtocol: a streamed request has no body timeout (S-22)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  fixture.client().data(1, grpc_prefix(5) + "ha");
  fixture.server.feed();
  stream.call.read();
  fixture.server.driver().drain();
  CHECK(fixture.server.protocol().next_expiry() == kNever);
  fixture.server.driver().advance(24h);
  fixture.client().data(1, "lf!");
  fixture.server.feed();
  CHECK(stream.messages == std::vector<std::string>{"half!"});
}

TEST_CASE("ServerProtocol: streamed messages in assembly count against the connection's limit (S-24)") {
  server::ServerOptions options;
  options.max_assembly_bytes = 10'000;
  StreamingFixture fixture(options);
  for (http2::StreamId id = 1; id <= 5; id += 2) {
    TestStream& stream = fixture.open(id);
    stream.call.read();
    fixture.client().data(id, grpc_prefix(9000) + std::string(4000, 'x'));
    fixture.server.feed();
  }
  CHECK(fixture.server.status(1) == "(none)");
  CHECK(fixture.server.status(5) == "8");
  CHECK(fixture.method.streams[2]->events.find('c') != std::string::npos);
}

TEST_CASE("ServerProtocol: a handler with much to read lets other calls have their turn (S-25)") {
  StreamingFixture fixture;
  TestStream& busy = fixture.open(1);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += grpc_message("x");
  fixture.client().data(1, many.substr(0, 16'000)).data(1, many.substr(16'000, 16'000));
  fixture.server.feed();
  TestStream& other = fixture.open(3);
  fixture.client().data(3, grpc_message("hello"));
  fixture.server.feed();
  std::size_t busy_had = 0;
  busy.on_message = [&] { busy.call.read(); };
  other.on_message = [&] { busy_had = busy.messages.size(); };
  busy.call.read();
  other.call.read();
  for (int i = 0; i < 100; ++i) fixture.server.driver().drain();
  CHECK(busy_had > 0);
  CHECK(busy_had < 200);
  CHECK(busy.messages.size() == 32'000 / 6);
}

TEST_CASE("ServerProtocol: a stream that was answered and then reset is no premature reset (S-7)") {
  StreamingFixture fixture;
  for (http2::StreamId id = 1; id < 2400; id += 2) {
    TestStream& stream = fixture.open(id);
    stream.call.send_initial_metadata();
    fixture.server.driver().drain();
    fixture.client().reset(id, ErrorCode::kCancel);
    fixture.server.feed();
    stream.finish();
  }
  CHECK(fixture.server.goaway() == "none");
}

TEST_CASE("ServerProtocol: a streaming handler keeps its slot until it finishes (S-6)") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 1;  // and as many again for handlers of streams that are gone
  StreamingFixture fixture(options);
  for (const http2::StreamId id : {1, 3}) {
    fixture.open(id);
    fixture.client().reset(id, ErrorCode::kCancel);
    fixture.server.feed();
  }
  fixture.client().headers(5, request_fields(kStreamPath));
  fixture.server.feed();
  CHECK(fixture.server.sent().find(FrameType::kReset, 5)->error_code() == ErrorCode::kRefusedStream);
  fixture.method.streams[0]->finish();
  fixture.open(7);
  CHECK(fixture.method.streams.size() == 3);
}

TEST_CASE("ServerProtocol: the end of the connection answers what is outstanding (P-77)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open();
  stream.call.read();
  stream.write(std::string(200'000, 'x'));
  fixture.server.driver().drain();
  fixture.server.driver().disconnect();
  CHECK(stream.events.size() == 3);
  CHECK(stream.events.find('e') != std::string::npos);
  CHECK(stream.events.find('w') != std::string::npos);
  CHECK(stream.events.find('c') != std::string::npos);
  CHECK(stream.call.is_over());
  fixture.server.destroy_connection();
  stream.call.read();  // answered with the end, without a connection
  CHECK(stream.events.size() == 4);
}

TEST_CASE("ServerProtocol: client trailers end a streamed request") {
  in_all_chunkings([](const Chunking& chunking) {
    StreamingFixture fixture;
    TestStream& stream = fixture.open();
    stream.on_message = [&] { stream.call.read(); };
    stream.call.read();
    fixture.client().data(1, grpc_message("x")).trailers(1, {{"x-late", "1"}});
    fixture.server.feed(chunking);
    CHECK(stream.events == "me");
  });
}

}  // namespace
}  // namespace hawser::test
