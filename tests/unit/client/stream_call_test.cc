// The untyped streaming call over a channel, against a server whose frames the test writes.
#include "hawser/client/stream_call.h"

#include <doctest/doctest.h>

#include <string>

#include "support/eventually.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::StreamCall;
using Last = StreamCall::Last;
using Responses = StreamCall::Responses;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Fields kOk{{"grpc-status", "0"}};

/// A channel, one stream on it, and the server's end.
struct StreamCallServed {
  explicit StreamCallServed(ChannelOptions options = {})
      : channel(value_of(Channel::create(server.target(), options))) {}
  ScriptedPeer& peer() {
    if (!accepted) accepted.emplace(server.accept());
    return *accepted;
  }
  ScriptedPeer& greet() { return peer().greet(); }

  ScriptedServer server;
  RecordedStream stream;
  std::unique_ptr<Channel> channel;
  std::optional<ScriptedPeer> accepted;
};

TEST_CASE("StreamCall: messages both ways, then the status") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  CHECK(stream.write("one"));
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(1) == grpc_message("one"); });
  CHECK(stream.wait_for("write_done"));
  peer.script.headers(1, with(response_fields(), "early", "1")).data(1, grpc_message("uno"));
  peer.send(peer.script);
  CHECK(stream.wait_for("read uno"));
  CHECK(stream.text() == "write_done, metadata, read uno");
  CHECK(stream.call.initial_metadata().find("early") == "1");
  CHECK(stream.write("two", Last::kYes));
  peer.read_request(1);
  CHECK(peer.sent.body(1) == grpc_message("one") + grpc_message("two"));
  CHECK(stream.wait_for("write_done"));
  stream.call.read();
  peer.send(peer.script.trailers(1, {{"grpc-status", "5"}, {"late", "2"}}));
  CHECK(stream.wait() == "NOT_FOUND");
  CHECK(stream.text() == "write_done, end, done");
  CHECK(stream.call.trailing_metadata().find("late") == "2");
  CHECK_FALSE(stream.call.is_running());
  CHECK_FALSE(stream.call.read());
  CHECK_FALSE(stream.write("late"));
  stream.call.cancel();
  CHECK(stream.call.status().code == grpc::StatusCode::kNotFound);
}

TEST_CASE("StreamCall: what is written and asked for before the start counts") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  CHECK(stream.write("one"));
  CHECK(stream.write("two", Last::kYes));
  stream.call.read();
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(summary(peer.sent.take()).ends_with("HEADERS 1, DATA 1 (16) end"));
  peer.send(peer.script.response(1, "uno"));
  CHECK(stream.wait() == "OK");
  CHECK(stream.text() == "metadata, read uno, done");
}

TEST_CASE("StreamCall: half-closing without a message is an empty DATA (P-55)") {
  StreamCallServed served;
  served.stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  served.stream.call.end_writes();
  peer.read_request(1);
  CHECK(summary(peer.sent.take()).ends_with("DATA 1 (0) end"));
  CHECK_FALSE(served.stream.write("late"));
  peer.send(peer.script.trailers(1, with(response_fields(), "grpc-status", "0")));
  CHECK(served.stream.wait() == "OK");
  CHECK(served.stream.text() == "done");
}

TEST_CASE("StreamCall: one response is taken whole, as in a unary call (P-51)") {
  StreamCallServed served;
  RecordedStream stream(Responses::kOne);
  stream.start(*served.channel);
  CHECK_FALSE(stream.call.read());
  stream.write("one", Last::kYes);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.send(peer.script.response(1, "pong"));
  CHECK(stream.wait() == "OK");
  CHECK(as_view(stream.call.response()) == "pong");
  stream.again();
  stream.start(*served.channel);
  stream.write("one", Last::kYes);
  peer.read_request(3);
  peer.send(peer.script.headers(3, response_fields()).trailers(3, kOk));
  CHECK(stream.wait() == "INTERNAL");
}

TEST_CASE("StreamCall: the status waits for the messages before it (P-78)") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.script.headers(1, response_fields()).data(1, grpc_message("a") + grpc_message("b"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "8"}}));
  // The server's end is known when a write fails.
  CHECK(eventually([&] { return !stream.write("late"); }));
  for (const std::string_view expected : {"read a", "read b"}) {
    CHECK(stream.call.is_running());
    CHECK(stream.call.read());
    CHECK(stream.wait_for(expected));
  }
  CHECK(stream.wait() == "RESOURCE_EXHAUSTED");
}

TEST_CASE("StreamCall: the connection may go before its messages are read (P-78)") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()).data(1, grpc_message("a") + grpc_message("b")));
  peer.close();
  CHECK(eventually([&] { return !stream.write("late"); }));
  stream.call.read();
  CHECK(stream.wait_for("read a"));
  stream.call.read();
  CHECK(stream.wait_for("read b"));
  CHECK(stream.wait() == "UNAVAILABLE");
  CHECK(stream.call.status().message.starts_with("connection lost: "));
}

TEST_CASE("StreamCall: cancel drops what was not read, also after the status came (P-79)") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()).data(1, grpc_message("a")).trailers(1, kOk));
  CHECK(eventually([&] { return !stream.write("late"); }));
  stream.call.cancel();
  CHECK(stream.wait() == "CANCELLED");
}

TEST_CASE("StreamCall: cancel at every stage is CANCELLED, once (P-79)") {
  StreamCallServed served;
  ScriptedPeer* peer = nullptr;
  http2::StreamId id = 1;
  const auto cancelled = [&](auto before) {
    RecordedStream stream;
    before(stream);
    stream.call.cancel();
    stream.call.cancel();
    return stream.wait();
  };
  CHECK(cancelled([&](RecordedStream& s) { s.start(*served.channel); }) == "CANCELLED");  // connecting
  peer = &served.greet();
  const auto begun = [&](RecordedStream& s) {
    s.start(*served.channel);
    peer->read_until([&] { return peer->sent.find(FrameType::kHeaders, id) != nullptr; });
  };
  const auto was_reset = [&] {
    peer->read_until([&] { return peer->sent.find(FrameType::kReset, id) != nullptr; });
    CHECK(peer->sent.find(FrameType::kReset, id)->error_code() == http2::ErrorCode::kCancel);
    id += 2;
  };
  CHECK(cancelled(begun) == "CANCELLED");
  was_reset();
  CHECK(cancelled([&](RecordedStream& s) {
          begun(s);
          s.call.read();
          s.write("one");
        }) == "CANCELLED");
  was_reset();
  CHECK(cancelled([&](RecordedStream& s) {
          begun(s);
          s.call.read();
          peer->send(peer->script.headers(id, response_fields()).data(id, grpc_message("a")));
          CHECK(s.wait_for("read a"));
        }) == "CANCELLED");
  was_reset();
  CHECK(cancelled([&](RecordedStream& s) {
          s.call.cancel({grpc::StatusCode::kCancelled, "before the start", {}});
          s.start(*served.channel);
        }) == "CANCELLED");
}

TEST_CASE("StreamCall: a cancel from inside an event") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.on_event = [&](const std::string& event) {
    if (event == "read a") stream.call.cancel();
  };
  stream.start(*served.channel);
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()).data(1, grpc_message("a") + grpc_message("b")));
  CHECK(stream.wait() == "CANCELLED");
  CHECK(stream.text() == "metadata, read a, done");
}

TEST_CASE("StreamCall: the deadline holds for the whole call (P-31)") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.call.set_timeout(milliseconds(200));
  stream.start(*served.channel);
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()));
  CHECK(stream.wait() == "DEADLINE_EXCEEDED");
  CHECK(stream.text().ends_with("end, done"));
  RecordedStream late;
  late.call.set_timeout(Duration::zero());
  late.start(*served.channel);
  late.call.read();
  CHECK(late.wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE("StreamCall: reads and writes from inside the events") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  int left = 50;
  stream.on_event = [&](const std::string& event) {
    if (event.starts_with("read ")) {
      stream.write(event.substr(5));
    } else if (event == "write_done") {
      if (--left > 0) {
        stream.call.read();
      } else {
        stream.call.end_writes();
      }
    }
  };
  stream.start(*served.channel);
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()));
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    const std::string message = grpc_message(std::to_string(i));
    peer.send(peer.script.data(1, message));
    expected += message;
    peer.read_until([&] { return peer.sent.body(1) == expected; });
  }
  peer.read_request(1);
  peer.send(peer.script.trailers(1, kOk));
  CHECK(stream.wait() == "OK");
}

TEST_CASE("StreamCall: a slow server stops the writer at 64 KiB") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  // The peer's window is 64 KiB and is never opened: what goes beyond stays with us.
  const std::string message(10'000, 'x');
  int written = 0;
  while (stream.call.is_writable()) {
    REQUIRE(stream.write(message));
    ++written;
    REQUIRE(written < 100);
    if (written < 14) REQUIRE(stream.wait_for("write_done"));
  }
  CHECK(written == 14);
  // 64 KiB went out and as much waits.
  peer.read_until([&] { return peer.sent.body(1).size() == 65'535; });
  CHECK(stream.count("write_done") == 13);
  CHECK_FALSE(stream.call.is_writable());
  peer.send(peer.script.window_update(1, 100'000).window_update(0, 100'000));
  CHECK(stream.wait_for("write_done"));
  stream.call.cancel();
  CHECK(stream.wait() == "CANCELLED");
}

TEST_CASE("StreamCall: a slow reader stops the server by the stream's window, not the connection's") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()));
  const std::string body = grpc_message(std::string(16'379, 'x'));
  for (int i = 0; i < 32; ++i) peer.send(peer.script.data(1, body));  // 512 KiB, the whole window
  WaitingCall other;
  other.start(*served.channel);
  peer.read_request(3);
  peer.reply(3, "pong");
  CHECK(other.wait() == "OK");  // behind all of it
  CHECK(peer.sent.find(FrameType::kWindowUpdate, 1) == nullptr);
  for (int i = 0; i < 32; ++i) {
    stream.call.read();
    REQUIRE(stream.wait_for("read (16379 bytes)"));
  }
  peer.read_until([&] { return peer.sent.find(FrameType::kWindowUpdate, 1) != nullptr; });
  peer.send(peer.script.trailers(1, kOk));
  CHECK(stream.wait() == "OK");
}

TEST_CASE("StreamCall: a refused stream is sent again with what was written (P-104)") {
  StreamCallServed served;
  RecordedStream& stream = served.stream;
  stream.start(*served.channel);
  stream.write("one");
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(1) == grpc_message("one"); });
  peer.send(peer.script.reset(1, http2::ErrorCode::kRefusedStream));
  peer.read_until([&] { return peer.sent.body(3) == grpc_message("one"); });
  stream.write("two", Last::kYes);
  peer.read_request(3);
  CHECK(peer.sent.body(3) == grpc_message("one") + grpc_message("two"));
  peer.send(peer.script.response(3, "uno"));
  CHECK(stream.wait() == "OK");
  CHECK(stream.count("read uno") == 1);
}

TEST_CASE("StreamCall: GOAWAY lets a stream that the server knows run on, and the others move (P-84)") {
  StreamCallServed served;
  RecordedStream& first = served.stream;
  RecordedStream second;
  first.start(*served.channel);
  second.start(*served.channel);
  second.write("two");
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(3) == grpc_message("two"); });
  peer.send(peer.script.goaway(1, http2::ErrorCode::kNoError));
  ScriptedPeer next = served.server.accept();
  next.greet().read_until([&] { return next.sent.body(1) == grpc_message("two"); });
  first.write("one", Last::kYes);
  first.call.read();
  peer.read_request(1);
  peer.send(peer.script.response(1, "uno"));
  CHECK(first.wait() == "OK");
  second.call.end_writes();
  second.call.read();
  next.read_request(1);
  next.send(next.script.response(1, "due"));
  CHECK(second.wait() == "OK");
  CHECK(second.count("read due") == 1);
}

TEST_CASE("StreamCall: a message over the send limit ends the call, and nothing of it is sent (P-47)") {
  StreamCallServed served({.max_send_bytes = 100});
  {
    RecordedStream& stream = served.stream;
    stream.start(*served.channel);
    ScriptedPeer& peer = served.greet();
    peer.read_frame(FrameType::kHeaders);
    CHECK(stream.call.begin_write(101).empty());
    CHECK_FALSE(stream.call.end_write());
    CHECK(stream.wait() == "RESOURCE_EXHAUSTED");
    CHECK(peer.sent.body(1).empty());
  }
  RecordedStream early;
  early.write(std::string(101, 'x'));
  early.start(*served.channel);
  CHECK(early.wait() == "RESOURCE_EXHAUSTED");
}

TEST_CASE("StreamCall: destroying the channel ends streams, also those with unread messages") {
  StreamCallServed served;
  RecordedStream& unread = served.stream;
  RecordedStream open;
  RecordedStream waiting;
  unread.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()).data(1, grpc_message("a")).trailers(1, kOk));
  CHECK(eventually([&] { return !unread.write("late"); }));
  open.start(*served.channel);
  open.call.read();
  peer.read_until([&] { return peer.sent.find(FrameType::kHeaders, 3) != nullptr; });
  waiting.start(*served.channel);
  served.channel.reset();
  CHECK(unread.wait() == "CANCELLED");
  CHECK(open.wait() == "CANCELLED");
  CHECK(waiting.wait() == "CANCELLED");
  for (RecordedStream* stream : {&unread, &open, &waiting}) {
    CHECK_FALSE(stream->call.read());
    CHECK_FALSE(stream->write("late"));
    stream->call.cancel();
  }
}

TEST_CASE("StreamCall: a server may answer each of many small messages with a WINDOW_UPDATE (S-9)") {
  // All of the messages go in a few frames; grpc-core answers each.
  for (const bool early : {false, true}) {
    StreamCallServed served;
    RecordedStream& stream = served.stream;
    if (!early) stream.start(*served.channel);
    for (int i = 0; i < 5000; ++i) REQUIRE(stream.write("m"));
    stream.call.end_writes();
    if (early) stream.start(*served.channel);
    ScriptedPeer& peer = served.greet();
    peer.read_request(1);
    for (int i = 0; i < 5000; ++i) peer.script.window_update(1, 6);
    peer.send(peer.script);
    stream.call.read();
    peer.send(peer.script.trailers(1, with(response_fields(), "grpc-status", "0")));
    CHECK(stream.wait() == "OK");
  }
}

TEST_CASE("StreamCall: operations of many threads against the end of the channel") {
  for (int round = 0; round < 20; ++round) {
    StreamCallServed served;
    RecordedStream streams[4];
    std::vector<std::thread> threads;
    for (RecordedStream& stream : streams) stream.start(*served.channel);
    served.greet();
    threads.reserve(4);
    for (RecordedStream& stream : streams) {
      threads.emplace_back([&] {
        while (stream.call.is_running()) {
          if (stream.call.is_writable()) stream.write("message");
          std::this_thread::yield();
        }
      });
    }
    served.peer().read_until([&] { return served.peer().sent.count(FrameType::kData) > 0; });
    served.channel.reset();
    for (std::thread& thread : threads) thread.join();
    for (RecordedStream& stream : streams) CHECK(stream.wait() == "CANCELLED");
  }
}

}  // namespace
}  // namespace hawser::test
