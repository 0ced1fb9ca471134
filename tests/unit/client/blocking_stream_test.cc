// Writer, Reader and ReaderWriter: calls that wait, against a server whose frames the test writes.
#include <doctest/doctest.h>

#include <google/protobuf/wrappers.pb.h>

#include <future>
#include <optional>
#include <string>

#include "hawser/client/reader.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/unary_call.h"
#include "hawser/client/writer.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using client::ReplyHead;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string code_of(const ReplyHead& reply) { return std::string(to_string(reply.status.code)); }

struct Served {
  ScriptedPeer& greet() { return accepted.emplace(server.accept()).greet(); }
  ScriptedServer server;
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target()));
  std::optional<ScriptedPeer> accepted;
};

TEST_CASE("Writer: many requests, one response") {
  Served served;
  client::Writer writer(*served.channel, kUpload, {.metadata = {{"key", "value"}}});
  CHECK(writer.write(text("one")));
  CHECK(writer.write(text("two")));
  auto reply = std::async(std::launch::async, [&] { return writer.finish(); });
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header("key") == "value");
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header(":path") == kUpload.path);
  CHECK(peer.sent.body(1) == framed("one") + framed("two"));
  peer.script.headers(1, with(response_fields(), "early", "1")).data(1, framed("sum"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}, {"late", "2"}}));
  const auto end = reply.get();
  CHECK(end.ok());
  CHECK(end.response.value() == "sum");
  CHECK(end.initial_metadata.find("early") == "1");
  CHECK(end.trailing_metadata.find("late") == "2");
  CHECK_FALSE(writer.write(text("late")));
  CHECK(writer.finish().ok());
}

TEST_CASE("Writer: the last message ends the stream (P-55)") {
  Served served;
  client::Writer writer(*served.channel, kUpload);
  CHECK(writer.write_last(text("one")));
  CHECK_FALSE(writer.write(text("late")));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(summary(peer.sent.take()).ends_with("DATA 1 (10) end"));
  peer.send(peer.script.response(1, text("sum").SerializeAsString()));
  CHECK(writer.finish().response.value() == "sum");
}

TEST_CASE("Writer: a response that is no message of its type is INTERNAL (P-53)") {
  Served served;
  client::Writer writer(*served.channel, kUpload);
  writer.writes_done();
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.send(peer.script.response(1, "\xFF\xFF"));
  const auto end = writer.finish();
  CHECK(code_of(end) == "INTERNAL");
  CHECK(end.status.message == "the response is no google.protobuf.StringValue");
}

TEST_CASE("Reader: one request, many responses, the status last (P-78)") {
  Served served;
  client::Reader reader(*served.channel, kList, text("all"));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(summary(peer.sent.take()).ends_with("HEADERS 1, DATA 1 (10) end"));
  peer.script.headers(1, with(response_fields(), "early", "1"));
  peer.script.data(1, framed("one") + framed("two"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "5"}, {"grpc-message", "no more"}}));
  CHECK(reader.wait_for_initial_metadata().find("early") == "1");
  StringValue message;
  CHECK(reader.read(message));
  CHECK(message.value() == "one");
  CHECK(reader.read(message));
  CHECK(message.value() == "two");
  CHECK_FALSE(reader.read(message));
  CHECK_FALSE(reader.read(message));
  const ReplyHead end = reader.finish();
  CHECK(code_of(end) == "NOT_FOUND");
  CHECK(end.status.message == "no more");
}

TEST_CASE("Reader: finish() drops what was not read") {
  Served served;
  client::Reader reader(*served.channel, kList, text("all"));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.script.headers(1, response_fields()).data(1, framed("one") + framed("two"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}}));
  CHECK(code_of(reader.finish()) == "OK");
}

TEST_CASE("Reader: a message that is none of its type ends the call with INTERNAL (P-53)") {
  Served served;
  client::Reader reader(*served.channel, kList, text("all"));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.send(peer.script.headers(1, response_fields()).data(1, framed("one") + grpc_message("\xFF\xFF")));
  StringValue message;
  CHECK(reader.read(message));
  CHECK_FALSE(reader.read(message));
  CHECK(code_of(reader.finish()) == "INTERNAL");
  peer.read_frame(FrameType::kReset);
}

TEST_CASE("ReaderWriter: one thread writes while another reads") {
  Served served;
  client::ReaderWriter talk(*served.channel, kTalk);
  auto received = std::async(std::launch::async, [&] {
    std::string all;
    for (StringValue message; talk.read(message);) all += message.value() + ' ';
    return all;
  });
  auto written = std::async(std::launch::async, [&] {
    for (int i = 0; i < 10; ++i) talk.write(text(std::to_string(i)));
    talk.writes_done();
  });
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.script.headers(1, response_fields());
  for (int i = 0; i < 10; ++i) peer.script.data(1, framed(std::to_string(i)));
  peer.send(peer.script);
  peer.read_request(1);
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}}));
  written.get();
  CHECK(received.get() == "0 1 2 3 4 5 6 7 8 9 ");
  CHECK(code_of(talk.finish()) == "OK");
}

TEST_CASE("ReaderWriter: writes fail after the server's end, reads go on (P-78)") {
  Served served;
  client::ReaderWriter talk(*served.channel, kTalk);
  CHECK(talk.write(text("one")));
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(1) == framed("one"); });
  peer.script.headers(1, response_fields()).data(1, framed("a") + framed("b"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "9"}}));
  while (talk.write(text("more"))) std::this_thread::yield();
  StringValue message;
  CHECK(talk.read(message));
  CHECK(talk.read(message));
  CHECK(message.value() == "b");
  CHECK_FALSE(talk.read(message));
  CHECK(code_of(talk.finish()) == "FAILED_PRECONDITION");
}

TEST_CASE("ReaderWriter: a writer that waits for a slow server is woken by cancel, and by room") {
  Served served;
  client::ReaderWriter talk(*served.channel, kTalk);
  std::atomic<int> written = 0;
  auto writer = std::async(std::launch::async, [&] {
    while (talk.write(text(std::string(10'000, 'x')))) ++written;
  });
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(1).size() == 65'535; });
  while (written < 14) std::this_thread::yield();
  peer.send(peer.script.window_update(1, 100'000).window_update(0, 100'000));
  while (written < 20) std::this_thread::yield();
  CHECK(written <= 24);
  talk.cancel();
  writer.get();
  CHECK(code_of(talk.finish()) == "CANCELLED");
}

TEST_CASE("blocking streams: on the channel's own loop thread they fail with INTERNAL, and nothing hangs") {
  Served served;
  std::promise<std::string> codes;
  // The first completion comes when the connection fails: on the loop's thread.
  served.server.close();
  client::call_async<StringValue, StringValue>(
      *served.channel, {"/a/b"}, text(""), {}, [&](const client::Reply<StringValue>&) {
        std::string result;
        StringValue message;
        {
          client::ReaderWriter talk(*served.channel, kTalk, {.wait_for_ready = true});
          result += talk.read(message) ? "read " : "no read ";
          result += code_of(talk.finish()) + ' ';
        }
        {
          client::Writer writer(*served.channel, kUpload, {.wait_for_ready = true});
          result += code_of(writer.finish()) + ' ';
        }
        {
          client::Reader reader(*served.channel, kList, text(""), {.wait_for_ready = true});
          reader.wait_for_initial_metadata();
          result += code_of(reader.finish());
        }
        codes.set_value(result);
      });
  CHECK(codes.get_future().get() == "no read INTERNAL INTERNAL INTERNAL");
}

TEST_CASE("blocking streams: what can't begin says so in finish()") {
  Served served;
  StringValue message;
  client::Reader reader(*served.channel, kList, text(""), {.metadata = {{"grpc-bad", "x"}}});
  CHECK_FALSE(reader.read(message));
  CHECK(code_of(reader.finish()) == "INTERNAL");
  client::Writer writer(*served.channel, kUpload, {.timeout = Duration::zero()});
  CHECK(code_of(writer.finish()) == "DEADLINE_EXCEEDED");
}

TEST_CASE("blocking streams: destroying one that runs cancels it") {
  Served served;
  {
    client::ReaderWriter talk(*served.channel, kTalk);
    talk.write(text("one"));
    served.greet().read_until([&] { return !served.accepted->sent.body(1).empty(); });
  }
  served.accepted->read_frame(FrameType::kReset);
  CHECK(served.accepted->sent.find(FrameType::kReset)->error_code() == http2::ErrorCode::kCancel);
}

TEST_CASE("blocking streams: they may outlive their channel") {
  Served served;
  client::ReaderWriter talk(*served.channel, kTalk);
  client::Writer writer(*served.channel, kUpload);
  served.channel.reset();
  StringValue message;
  CHECK_FALSE(talk.read(message));
  CHECK_FALSE(talk.write(message));
  CHECK(code_of(talk.finish()) == "CANCELLED");
  CHECK(code_of(writer.finish()) == "CANCELLED");
}

}  // namespace
}  // namespace hawser::test
