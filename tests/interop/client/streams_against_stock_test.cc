// Our client's streaming calls against a stock grpc++ server.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <thread>

#include "hawser/client/callback_stream.h"
#include "hawser/client/channel.h"
#include "hawser/client/reader.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/writer.h"
#include "interop/client/stock_server.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using client::ChannelOptions;
using client::ReplyHead;
using std::chrono::milliseconds;
using std::chrono::seconds;
using streamtest::Order;
using streamtest::Part;
using streamtest::Summary;

constexpr client::ClientStreaming<Part, Summary> kUpload{"/hawser.streamtest.Streams/Upload"};
constexpr client::ServerStreaming<Order, Part> kList{"/hawser.streamtest.Streams/List"};
constexpr client::BidiStreaming<Part, Part> kTalk{"/hawser.streamtest.Streams/Talk"};

const CallOptions kBounded{.timeout = seconds(60)};  // a failing test ends

std::string stream_code(const ReplyHead& reply) { return std::string(to_string(reply.status.code)); }

Part part(std::string data, std::string command = {}) {
  Part part;
  part.set_data(std::move(data));
  part.set_command(std::move(command));
  return part;
}

Order order(int parts, int part_bytes, std::string command = {}) {
  Order order;
  order.set_parts(parts);
  order.set_part_bytes(part_bytes);
  order.set_command(std::move(command));
  return order;
}

struct StreamsPair {
  explicit StreamsPair(ChannelOptions options = {})
      : channel(value_of(Channel::create(server.target(), std::move(options)))) {}
  StockServer server;
  std::unique_ptr<Channel> channel;
};

TEST_CASE("stock streams: an upload is counted") {
  StreamsPair pair;
  client::Writer writer(*pair.channel, kUpload,
                        {.timeout = seconds(60), .metadata = {{"echo-key", "value"}, {"echo-bin", "\xFF"}}});
  for (const int size : {27182, 8, 1828, 45904}) CHECK(writer.write(part(std::string(size, 'x'))));
  const auto reply = writer.finish();
  REQUIRE(stream_code(reply) == "OK");
  CHECK(reply.response.parts() == 4);
  CHECK(reply.response.bytes() == 74922);
  CHECK(reply.initial_metadata.find("echo-key") == "value");
  CHECK(reply.trailing_metadata.find("trailing-echo-bin") == "\xFF");
}

TEST_CASE("stock streams: an upload of nothing") {
  StreamsPair pair;
  client::Writer writer(*pair.channel, kUpload, kBounded);
  const auto reply = writer.finish();
  CHECK(stream_code(reply) == "OK");
  CHECK(reply.response.parts() == 0);
}

TEST_CASE("stock streams: a list comes in order, then the status") {
  StreamsPair pair;
  client::Reader reader(*pair.channel, kList, order(4, 9000, "status:5"), kBounded);
  Part got;
  for (int i = 0; i < 4; ++i) {
    REQUIRE(reader.read(got));
    CHECK(got.command() == std::to_string(i));
    CHECK(got.data() == std::string(9000, static_cast<char>('a' + i)));
  }
  CHECK_FALSE(reader.read(got));
  const ReplyHead end = reader.finish();
  CHECK(stream_code(end) == "NOT_FOUND");
  CHECK(end.status.message == "as ordered");
}

TEST_CASE("stock streams: ping-pong, each side waiting for the other") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  Part got;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(talk.write(part(std::to_string(i))));
    REQUIRE(talk.read(got));
    REQUIRE(got.data() == std::to_string(i));
  }
  CHECK(stream_code(talk.finish()) == "OK");
}

TEST_CASE("stock streams: a talk of no words") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  talk.writes_done();
  Part got;
  CHECK_FALSE(talk.read(got));
  CHECK(stream_code(talk.finish()) == "OK");
}

TEST_CASE("stock streams: 10,000 messages each way, and every one comes back in its place") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  constexpr int kMessages = 10'000;
  std::thread writer([&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!talk.write(part(std::to_string(i)))) return;
    }
    talk.writes_done();
  });
  int in_order = 0;
  for (Part got; talk.read(got);) in_order += got.data() == std::to_string(in_order) ? 1 : 0;
  writer.join();
  CHECK(in_order == kMessages);
  const ReplyHead end = talk.finish();
  CHECK(end.status.message == "");
  CHECK(stream_code(end) == "OK");
}

TEST_CASE("stock streams: 10,000 messages by callbacks") {
  constexpr int kMessages = 10'000;
  struct Talk final : client::StreamReactor {
    explicit Talk(Channel& channel) : stream(channel, kTalk, *this, kBounded) {
      stream.read(got);
      REQUIRE(stream.start());
      next();
    }
    void next() {
      if (sent < kMessages) {
        const int number = sent++;  // before the write, whose answer comes on another thread
        stream.write(part(std::to_string(number)));
      } else {
        stream.writes_done();
      }
    }
    void on_write_done(bool ok) override {
      if (ok) next();
    }
    void on_read(bool ok) override {
      if (!ok) return;
      in_order += got.data() == std::to_string(in_order) ? 1 : 0;
      stream.read(got);
    }
    void on_done(const ReplyHead& result) override { done.set_value(stream_code(result)); }

    int sent = 0;
    int in_order = 0;
    Part got;
    std::promise<std::string> done;
    client::CallbackStream<Part, Part> stream;
  };
  StreamsPair pair;
  Talk talk(*pair.channel);
  CHECK(talk.done.get_future().get() == "OK");
  CHECK(talk.in_order == kMessages);
}

TEST_CASE("stock streams: messages of 4 MiB, both ways") {
  StreamsPair pair({.max_receive_bytes = 8 * 1024 * 1024});
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  Part got;
  for (const char letter : {'a', 'b', 'c'}) {
    const std::string data(4 * 1024 * 1024, letter);
    REQUIRE(talk.write(part(data)));
    REQUIRE(talk.read(got));
    CHECK(got.data() == data);
  }
  CHECK(stream_code(talk.finish()) == "OK");
}

TEST_CASE("stock streams: a message over the receive limit ends the call, the ones before it arrive (P-47)") {
  StreamsPair pair;
  client::Reader reader(*pair.channel, kList, order(2, 2000),
                        {.timeout = seconds(60), .max_receive_bytes = 1999});
  Part got;
  CHECK_FALSE(reader.read(got));
  CHECK(stream_code(reader.finish()) == "RESOURCE_EXHAUSTED");
}

TEST_CASE("stock streams: a server that doesn't read stops our writer, with bounded memory here") {
  StreamsPair pair;
  pair.server.streams().set_paused(true);
  client::Writer writer(*pair.channel, kUpload, kBounded);
  std::atomic<int> written = 0;
  std::thread thread([&] {
    while (writer.write(part(std::string(10'000, 'x')))) ++written;
  });
  // What the server's windows and both kernels take, and our 64 KiB: it comes to rest.
  int seen = -1;
  CHECK(eventually([&] {
    const int before = std::exchange(seen, written.load());
    std::this_thread::sleep_for(milliseconds(50));
    return seen > 0 && before == seen && written == seen;
  }));
  CHECK(written < 3000);
  pair.server.streams().set_paused(false);
  CHECK(eventually([&] { return written > seen + 100; }));
  writer.cancel();
  thread.join();
  CHECK(stream_code(writer.finish()) == "CANCELLED");
}

TEST_CASE("stock streams: a reader that doesn't read stops the server, with bounded memory here") {
  StreamsPair pair;
  client::Reader reader(*pair.channel, kList, order(1'000'000, 10'000), kBounded);
  Part got;
  REQUIRE(reader.read(got));
  int seen = -1;
  CHECK(eventually([&] {
    const int before = std::exchange(seen, pair.server.streams().parts_written());
    std::this_thread::sleep_for(milliseconds(50));
    return seen > 0 && before == seen && pair.server.streams().parts_written() == seen;
  }));
  // Our stream window is 512 KiB; what is above it waits at the server.
  CHECK(seen < 200);
  for (int i = 1; i < 300; ++i) REQUIRE(reader.read(got));
  // The server counts a part when its write has returned, which may be after we read it.
  CHECK(eventually([&] { return pair.server.streams().parts_written() >= 300; }));
  reader.cancel();
  CHECK(stream_code(reader.finish()) == "CANCELLED");
  CHECK(eventually([&] { return pair.server.streams().running() == 0; }));
}

TEST_CASE("stock streams: many unread streams don't stop a call on their connection") {
  StreamsPair pair;
  std::vector<client::Reader<Part>> readers;
  readers.reserve(6);
  for (int i = 0; i < 6; ++i) readers.emplace_back(*pair.channel, kList, order(1000, 10'000), kBounded);
  Part got;
  for (auto& reader : readers) REQUIRE(reader.read(got));
  client::Writer writer(*pair.channel, kUpload, kBounded);
  CHECK(writer.finish().ok());
  for (auto& reader : readers) {
    int parts = 1;
    while (reader.read(got)) ++parts;
    CHECK(parts == 1000);
    CHECK(reader.finish().ok());
  }
}

TEST_CASE("stock streams: cancel at every stage ends the handler, too (P-79)") {
  StreamsPair pair;
  const auto no_handler_runs = [&] {
    return eventually([&] { return pair.server.streams().running() == 0; });
  };
  Part got;
  {  // begun
    client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
    talk.cancel();
    CHECK(stream_code(talk.finish()) == "CANCELLED");
  }
  CHECK(no_handler_runs());
  {  // after the first response
    client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
    REQUIRE(talk.write(part("x")));
    REQUIRE(talk.read(got));
    talk.cancel();
    CHECK_FALSE(talk.read(got));
    CHECK(stream_code(talk.finish()) == "CANCELLED");
  }
  CHECK(no_handler_runs());
  {  // half-closed, while the handler waits
    client::Reader reader(*pair.channel, kList, order(3, 10, "hold"), kBounded);
    while (pair.server.streams().running() == 0) std::this_thread::yield();
    REQUIRE(reader.read(got));
    reader.cancel();
    CHECK(stream_code(reader.finish()) == "CANCELLED");
  }
  CHECK(no_handler_runs());
  {  // by going out of scope
    client::Writer writer(*pair.channel, kUpload, kBounded);
    writer.write(part("x", "hold"));
    while (pair.server.streams().running() == 0) std::this_thread::yield();
  }
  CHECK(no_handler_runs());
}

TEST_CASE("stock streams: the deadline ends both sides (P-31)") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, {.timeout = seconds(1)});
  Part got;
  talk.write(part("x"));
  CHECK(talk.read(got));
  CHECK_FALSE(talk.read(got));
  CHECK(stream_code(talk.finish()) == "DEADLINE_EXCEEDED");
  CHECK(eventually([&] { return pair.server.streams().running() == 0; }));
}

TEST_CASE("stock streams: a status without a message (trailers only)") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  talk.write(part("", "status:9"));
  Part got;
  CHECK_FALSE(talk.read(got));
  CHECK(stream_code(talk.finish()) == "FAILED_PRECONDITION");
  constexpr client::BidiStreaming<Part, Part> kNone{"/hawser.streamtest.Streams/None"};
  client::ReaderWriter none(*pair.channel, kNone, kBounded);
  CHECK_FALSE(none.read(got));
  CHECK(stream_code(none.finish()) == "UNIMPLEMENTED");
}

TEST_CASE("stock streams: writes after the server's end fail, what it sent is read (P-75, P-78)") {
  StreamsPair pair;
  client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
  for (int i = 0; i < 10; ++i) REQUIRE(talk.write(part(std::to_string(i))));
  REQUIRE(talk.write(part("", "status:10")));
  while (talk.write(part("late"))) std::this_thread::yield();
  int got_parts = 0;
  for (Part got; talk.read(got);) CHECK(got.data() == std::to_string(got_parts++));
  CHECK(got_parts == 10);
  CHECK(stream_code(talk.finish()) == "ABORTED");
}

TEST_CASE(
    "stock streams: a server that dies in mid-stream is UNAVAILABLE, its messages are read before (P-77)") {
  StreamsPair pair;
  client::Reader reader(*pair.channel, kList, order(3, 100, "die"), kBounded);
  Part got;
  REQUIRE(reader.read(got));
  CHECK(eventually([&] { return pair.server.streams().parts_written() == 3; }));
  // A call after them has been answered: they are here.
  client::Writer behind(*pair.channel, kUpload, kBounded);
  CHECK(behind.finish().ok());
  pair.server.stop();
  CHECK(reader.read(got));
  CHECK(reader.read(got));
  CHECK_FALSE(reader.read(got));
  // grpc++ resets the stream with CANCEL or cuts the connection, whichever is first.
  const std::string code = stream_code(reader.finish());
  CAPTURE(code);
  const bool expected = code == "UNAVAILABLE" || code == "CANCELLED";
  CHECK(expected);
}

TEST_CASE("stock streams: a stream outlives the server's GOAWAY until it has ended (P-84)") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const auto channel =
      value_of(Channel::create(target, {.backoff = {.initial = milliseconds(5), .max = milliseconds(50)}}));
  auto server = std::make_unique<StockServer>(target);
  client::ReaderWriter talk(*channel, kTalk, kBounded);
  Part got;
  REQUIRE(talk.write(part("before")));
  REQUIRE(talk.read(got));
  std::thread drain([&] { server->drain(seconds(30)); });
  // The old server takes no more calls when a new one can have its address.
  for (int i = 0; i < 100; ++i) {
    REQUIRE(talk.write(part(std::to_string(i))));
    REQUIRE(talk.read(got));
    CHECK(got.data() == std::to_string(i));
    std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(stream_code(talk.finish()) == "OK");
  drain.join();
}

TEST_CASE("stock streams: streams and unary-like uploads of many threads over one channel") {
  StreamsPair pair;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(16);
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 5; ++round) {
        client::ReaderWriter talk(*pair.channel, kTalk, kBounded);
        int back = 0;
        Part got;
        for (int i = 0; i < 20; ++i) {
          const std::string data = std::to_string(t) + ':' + std::to_string(i);
          if (talk.write(part(data)) && talk.read(got) && got.data() == data) ++back;
        }
        if (back == 20 && talk.finish().ok()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 16 * 5);
}

}  // namespace
}  // namespace hawser::test
