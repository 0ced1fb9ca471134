// The typed face: what goes in and comes out of a call besides bytes.
#include "hawser/client/unary_call.h"

#include <doctest/doctest.h>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <future>
#include <optional>
#include <string>
#include <thread>

#include "unit/client/scripted_server.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using client::Reply;
using client::UnaryMethod;
using google::protobuf::StringValue;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UnaryMethod<StringValue, StringValue> kUnaryCallEcho{"/echo.EchoService/Echo"};

StringValue text(std::string_view value) {
  StringValue message;
  message.set_value(std::string(value));
  return message;
}

// The blocking call in a thread of its own, so that the test's thread can play the server.
std::future<Reply<StringValue>> call_in_thread(Channel& channel, const CallOptions& options = {}) {
  return std::async(std::launch::async, [&channel, options] {
    return client::call(channel, kUnaryCallEcho, text("ping"), options);
  });
}

struct UnaryCallServed {
  ScriptedServer server;
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target()));
};

TEST_CASE("call: message, status, metadata and times of a reply") {
  UnaryCallServed served;
  auto pending = call_in_thread(*served.channel);
  ScriptedPeer peer = served.server.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header(":path") == kUnaryCallEcho.path);
  CHECK(peer.sent.body(1) == grpc_message(text("ping").SerializeAsString()));
  peer.script.headers(1, with(response_fields(), "early", "1"));
  peer.script.data(1, grpc_message(text("pong").SerializeAsString()));
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}, {"late-bin", "AP8"}}));
  const Reply<StringValue> reply = pending.get();
  CHECK(reply.ok());
  CHECK(reply.response.value() == "pong");
  CHECK(reply.initial_metadata.find("early") == "1");
  CHECK(reply.trailing_metadata.find("late-bin") == std::string_view("\0\xFF", 2));
  CHECK(reply.times.done >= reply.times.started);
}

TEST_CASE("call: an error status with its details") {
  UnaryCallServed served;
  auto pending = call_in_thread(*served.channel);
  ScriptedPeer peer = served.server.accept();
  peer.greet().read_request(1);
  Fields fields = with(response_fields(), "grpc-status", "9");
  fields.push_back({"grpc-message", "not%20now"});
  fields.push_back({"grpc-status-details-bin", "AQI"});
  peer.send(peer.script.trailers(1, fields));
  const Reply<StringValue> reply = pending.get();
  CHECK_FALSE(reply.ok());
  CHECK(reply.status.code == grpc::StatusCode::kFailedPrecondition);
  CHECK(reply.status.message == "not now");
  CHECK(reply.status.details == "\x01\x02");
}

TEST_CASE("call: options reach the wire") {
  UnaryCallServed served;
  auto pending = call_in_thread(*served.channel, {.timeout = seconds(50),
                                                  .metadata = {{"key", "value"}, {"key-bin", "\xFF"}},
                                                  .authority = "example.org",
                                                  .max_receive_bytes = 4});
  ScriptedPeer peer = served.server.accept();
  peer.greet().read_request(1);
  const Frame* headers = peer.sent.find(FrameType::kHeaders, 1);
  CHECK(headers->header("key") == "value");
  CHECK(headers->header("key-bin") == "/w");
  CHECK(headers->header(":authority") == "example.org");
  CHECK(headers->header("grpc-timeout").ends_with("u"));
  peer.reply(1, "12345");
  CHECK(pending.get().status.code == grpc::StatusCode::kResourceExhausted);
}

TEST_CASE("call: a response that is no such message is INTERNAL (P-53)") {
  UnaryCallServed served;
  auto pending = call_in_thread(*served.channel);
  ScriptedPeer peer = served.server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "\xFF\xFF\xFF");
  const Reply<StringValue> reply = pending.get();
  CHECK(reply.status.code == grpc::StatusCode::kInternal);
  CHECK(reply.status.message == "the response is no google.protobuf.StringValue");
}

TEST_CASE("call: metadata that gRPC forbids fails before anything is sent (P-23)") {
  UnaryCallServed served;
  const auto reply =
      client::call(*served.channel, kUnaryCallEcho, text("ping"), {.metadata = {{"grpc-x", "v"}}});
  CHECK(reply.status.code == grpc::StatusCode::kInternal);
  CHECK(reply.status.message.find("grpc-x") != std::string::npos);
  CHECK_FALSE(served.server.has_newcomer(0));
}

TEST_CASE("call: a request that doesn't serialise is INTERNAL") {
  using Part = google::protobuf::UninterpretedOption_NamePart;  // proto2, with required fields
  constexpr UnaryMethod<Part, StringValue> kMethod{"/a/b"};
  UnaryCallServed served;
  const auto reply = client::call(*served.channel, kMethod, Part());
  CHECK(reply.status.code == grpc::StatusCode::kInternal);
  std::optional<grpc::StatusCode> code;
  client::call_async<Part, StringValue>(*served.channel, kMethod, Part(), {},
                                        [&](const Reply<StringValue>& late) { code = late.status.code; });
  CHECK(code == grpc::StatusCode::kInternal);  // in this thread, before call_async returned
}

TEST_CASE("call: a deadline is kept with a silent server") {
  UnaryCallServed served;
  const auto reply =
      client::call(*served.channel, kUnaryCallEcho, text("ping"), {.timeout = milliseconds(20)});
  CHECK(reply.status.code == grpc::StatusCode::kDeadlineExceeded);
}

TEST_CASE("call_async: the reply comes on the loop's thread, and may start the next call") {
  UnaryCallServed served;
  Channel& channel = *served.channel;
  std::promise<std::string> result;
  client::call_async<StringValue, StringValue>(
      channel, kUnaryCallEcho, text("one"), {}, [&](const Reply<StringValue>& first) {
        CHECK(channel.is_loop_thread());
        CHECK(first.response.value() == "1");
        client::call_async<StringValue, StringValue>(
            channel, kUnaryCallEcho, text("two"), {},
            [&](const Reply<StringValue>& second) { result.set_value(second.response.value()); });
      });
  ScriptedPeer peer = served.server.accept();
  peer.greet().read_request(1);
  peer.reply(1, text("1").SerializeAsString());
  peer.read_request(3);
  CHECK(peer.sent.body(3) == grpc_message(text("two").SerializeAsString()));
  peer.reply(3, text("2").SerializeAsString());
  CHECK(result.get_future().get() == "2");
}

TEST_CASE("call: on the loop's own thread it fails instead of waiting for itself") {
  UnaryCallServed served;
  Channel& channel = *served.channel;
  std::promise<grpc::StatusCode> inner;
  client::call_async<StringValue, StringValue>(
      channel, kUnaryCallEcho, text("one"), {.timeout = milliseconds(10)}, [&](const Reply<StringValue>&) {
        inner.set_value(client::call(channel, kUnaryCallEcho, text("two")).status.code);
      });
  CHECK(inner.get_future().get() == grpc::StatusCode::kInternal);
}

TEST_CASE("call_async: destroying the channel ends what is on its way with CANCELLED") {
  UnaryCallServed served;
  std::optional<grpc::StatusCode> code;
  std::optional<grpc::StatusCode> code_of_late_call;
  Channel* channel = served.channel.get();
  client::call_async<StringValue, StringValue>(
      *channel, kUnaryCallEcho, text("one"), {}, [&](const Reply<StringValue>& reply) {
        code = reply.status.code;
        client::call_async<StringValue, StringValue>(
            *channel, kUnaryCallEcho, text("two"), {},
            [&](const Reply<StringValue>& late) { code_of_late_call = late.status.code; });
      });
  served.channel.reset();
  CHECK(code == grpc::StatusCode::kCancelled);
  CHECK(code_of_late_call == grpc::StatusCode::kCancelled);
}

}  // namespace
}  // namespace hawser::test
