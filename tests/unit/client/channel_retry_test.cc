// What a service config does to calls: retries, throttling, deadlines, limits (gRPC proposal A6).
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "hawser/client/channel.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string retry_config(int attempts, const std::string& more = {}, const std::string& backoff = "0.001s") {
  return R"({"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": )" + std::to_string(attempts) +
         R"(, "initialBackoff": ")" + backoff + R"(", "maxBackoff": ")" + backoff +
         R"(", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}])" + more + "}";
}

struct ChannelRetryServed {
  explicit ChannelRetryServed(const std::string& config)
      : channel(value_of(Channel::create(
            server.target(), {.backoff = {.initial = milliseconds(5)}, .service_config = config}))) {}
  ScriptedPeer& greet() { return accepted.emplace(server.accept()).greet(); }
  /// The request of the stream came, and is answered by a status alone.
  const Frame& fail(http2::StreamId id, Fields fields = {{"grpc-status", "14"}}) {
    accepted->read_request(id);
    Fields all = response_fields();
    all.insert(all.end(), fields.begin(), fields.end());
    accepted->send(accepted->script.trailers(id, all));
    return *accepted->sent.find(FrameType::kHeaders, id);
  }
  void succeed(http2::StreamId id) {
    accepted->read_request(id);
    accepted->reply(id, "pong");
  }

  ScriptedServer server;
  std::unique_ptr<Channel> channel;
  std::optional<ScriptedPeer> accepted;
};

TEST_CASE("retry: a failed call is tried again, and says how often it was (P-105, P-107)") {
  ChannelRetryServed served(retry_config(4));
  WaitingCall call;
  call.start(*served.channel);
  served.greet();
  CHECK(served.fail(1).header("grpc-previous-rpc-attempts") == "(none)");
  CHECK(served.fail(3).header("grpc-previous-rpc-attempts") == "1");
  served.succeed(5);
  CHECK(served.accepted->sent.find(FrameType::kHeaders, 5)->header("grpc-previous-rpc-attempts") == "2");
  CHECK(served.accepted->sent.body(5) == grpc_message("ping"));
  CHECK(call.wait() == "OK");
  CHECK(call.response() == "pong");
}

TEST_CASE("retry: no more than maxAttempts, then the last status (P-105)") {
  ChannelRetryServed served(retry_config(3));
  WaitingCall call;
  call.start(*served.channel);
  served.greet();
  served.fail(1);
  served.fail(3);
  served.fail(5, {{"grpc-status", "14"}, {"grpc-message", "the last"}});
  CHECK(call.wait() == "UNAVAILABLE");
  CHECK(call.message() == "the last");
}

TEST_CASE("retry: other statuses are final") {
  ChannelRetryServed served(retry_config(3));
  WaitingCall call;
  call.start(*served.channel);
  served.greet();
  served.fail(1, {{"grpc-status", "13"}});
  CHECK(call.wait() == "INTERNAL");
}

TEST_CASE("retry: response headers commit the call (P-106)") {
  ChannelRetryServed served(retry_config(3));
  WaitingCall call;
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.send(peer.script.headers(1, response_fields()).trailers(1, {{"grpc-status", "14"}}));
  CHECK(call.wait() == "UNAVAILABLE");
}

TEST_CASE("retry: a request over 256 KiB commits the call (P-106)") {
  ChannelRetryServed served(retry_config(3));
  WaitingCall call(std::string(300'000, 'x'));
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.window_update(0, 1 << 20).window_update(1, 1 << 20));
  served.fail(1);
  CHECK(call.wait() == "UNAVAILABLE");
}

TEST_CASE("retry: a lost connection is tried again on the next") {
  ChannelRetryServed served(retry_config(3));
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*served.channel);
  served.greet().read_request(1);
  served.accepted->close();
  served.greet();
  served.succeed(1);
  CHECK(served.accepted->sent.find(FrameType::kHeaders, 1)->header("grpc-previous-rpc-attempts") == "1");
  CHECK(call.wait() == "OK");
}

TEST_CASE("retry: the server's pushback sets the wait, or forbids (P-107)") {
  {  // Without it the backoff would be a thousand seconds.
    ChannelRetryServed served(retry_config(3, "", "1000s"));
    WaitingCall call;
    call.start(*served.channel);
    served.greet();
    served.fail(1, {{"grpc-status", "14"}, {"grpc-retry-pushback-ms", "1"}});
    served.succeed(3);
    CHECK(call.wait() == "OK");
  }
  for (const Fields& forbidding :
       {Fields{{"grpc-retry-pushback-ms", "-1"}}, Fields{{"grpc-retry-pushback-ms", "soon"}},
        Fields{{"grpc-retry-pushback-ms", "1"}, {"grpc-retry-pushback-ms", "1"}}}) {
    ChannelRetryServed served(retry_config(3));
    WaitingCall call;
    call.start(*served.channel);
    served.greet();
    Fields fields{{"grpc-status", "14"}};
    fields.insert(fields.end(), forbidding.begin(), forbidding.end());
    served.fail(1, fields);
    CHECK(call.wait() == "UNAVAILABLE");
  }
}

TEST_CASE("retry: throttled when half of the tokens are gone, until calls succeed (P-108)") {
  ChannelRetryServed served(retry_config(2, R"(, "retryThrottling": {"maxTokens": 4, "tokenRatio": 1})"));
  const auto fails_twice = [&](WaitingCall& call, http2::StreamId id) {
    call.start(*served.channel);
    if (!served.accepted) served.greet();
    served.fail(id);
    served.fail(id + 2);
    return call.wait();
  };
  WaitingCall first;
  CHECK(fails_twice(first, 1) == "UNAVAILABLE");  // 4 -> 3, retried, -> 2
  WaitingCall second;
  second.start(*served.channel);
  served.fail(5);  // -> 1: no retry
  CHECK(second.wait() == "UNAVAILABLE");
  for (http2::StreamId id = 7; id <= 11; id += 2) {  // -> 4
    WaitingCall good;
    good.start(*served.channel);
    served.succeed(id);
    CHECK(good.wait() == "OK");
  }
  WaitingCall third;
  CHECK(fails_twice(third, 13) == "UNAVAILABLE");  // retried again
}

TEST_CASE("retry: the deadline spans all attempts and the wait between them (P-106)") {
  ChannelRetryServed served(retry_config(5, "", "1000s"));
  WaitingCall call;
  call.call.set_timeout(milliseconds(50));
  call.start(*served.channel);
  served.greet();
  served.fail(1);
  CHECK(call.wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE("retry: a call that waits for its turn can be cancelled, and ends with the channel") {
  ChannelRetryServed served(retry_config(5, "", "1000s"));
  WaitingCall cancelled;
  cancelled.start(*served.channel);
  served.greet();
  served.fail(1);
  cancelled.call.cancel();
  CHECK(cancelled.wait() == "CANCELLED");
  WaitingCall left;
  left.start(*served.channel);
  served.fail(3);
  WaitingCall behind;  // answered: the failure before it was seen
  behind.start(*served.channel);
  served.succeed(5);
  CHECK(behind.wait() == "OK");
  CHECK(left.call.is_in_flight());
  served.channel.reset();
  CHECK(left.wait() == "CANCELLED");
}

TEST_CASE("retry: a cancelled call is not tried again, even when CANCELLED is retryable") {
  std::string config = retry_config(5);
  config.replace(config.find("UNAVAILABLE"), 11, "CANCELLED");
  ChannelRetryServed served(config);
  WaitingCall call;
  call.start(*served.channel);
  served.greet().read_request(1);
  call.call.cancel();
  CHECK(call.wait() == "CANCELLED");
}

TEST_CASE(
    "retry: a stream is sent again with all that was written, while nothing of a response came (P-106)") {
  ChannelRetryServed served(retry_config(3));
  RecordedStream stream;
  stream.start(*served.channel);
  stream.write("one");
  stream.call.read();
  ScriptedPeer& peer = served.greet();
  peer.read_until([&] { return peer.sent.body(1) == grpc_message("one"); });
  peer.send(peer.script.trailers(1, with(response_fields(), "grpc-status", "14")));
  peer.read_until([&] { return peer.sent.body(3) == grpc_message("one"); });
  stream.write("two", client::StreamCall::Last::kYes);
  peer.read_request(3);
  CHECK(peer.sent.body(3) == grpc_message("one") + grpc_message("two"));
  peer.send(peer.script.headers(3, response_fields()).data(3, grpc_message("uno")));
  CHECK(stream.wait_for("read uno"));
  stream.call.read();
  peer.send(peer.script.trailers(3, {{"grpc-status", "14"}}));  // committed
  CHECK(stream.wait() == "UNAVAILABLE");
  CHECK(stream.text().ends_with("end, done"));
}

TEST_CASE("service config: the smaller deadline counts (P-110)") {
  ChannelRetryServed served(R"({"methodConfig": [{"name": [{}], "timeout": "0.05s"}]})");
  WaitingCall call;
  call.call.set_timeout(seconds(1000));
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header("grpc-timeout").ends_with("n"));  // below 100 ms
  CHECK(call.wait() == "DEADLINE_EXCEEDED");
  WaitingCall own;
  own.call.set_timeout(milliseconds(1));
  CHECK(own.start(*served.channel).wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE("service config: waitForReady (P-110)") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const std::string config =
      R"({"methodConfig": [{"name": [{"service": "echo.EchoService"}], "waitForReady": true}]})";
  const auto channel = value_of(Channel::create(
      target, {.backoff = {.initial = milliseconds(1), .max = milliseconds(5)}, .service_config = config}));
  WaitingCall patient;
  patient.start(*channel);
  WaitingCall other;
  other.call.set_path("/other/Method");
  CHECK(other.start(*channel).wait() == "UNAVAILABLE");
  ScriptedServer server(target);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(patient.wait() == "OK");
}

TEST_CASE("service config: message limits, for unary calls and streams (P-47, P-110)") {
  ChannelRetryServed served(R"({"methodConfig": [
      {"name": [{}], "maxRequestMessageBytes": 10, "maxResponseMessageBytes": 10}]})");
  WaitingCall large(std::string(11, 'x'));
  CHECK(large.start(*served.channel).wait() == "RESOURCE_EXHAUSTED");
  WaitingCall call;
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.reply(1, std::string(11, 'y'));
  CHECK(call.wait() == "RESOURCE_EXHAUSTED");
  RecordedStream stream;
  stream.start(*served.channel);
  CHECK_FALSE(stream.write(std::string(11, 'x')));
  CHECK(stream.wait() == "RESOURCE_EXHAUSTED");
}

TEST_CASE("service config: one that is wrong makes no channel") {
  const auto channel = Channel::create("127.0.0.1:1", {.service_config = R"({"methodConfig": 1})"});
  REQUIRE_FALSE(channel);
  CHECK(channel.error().scope == ErrorScope::kUsage);
}

TEST_CASE("service config: it may choose round_robin (P-100, P-110)") {
  const auto channel = value_of(Channel::create(
      "127.0.0.1:1", {.service_config = R"({"loadBalancingConfig": [{"round_robin": {}}]})"}));
  CHECK(channel->options().load_balancing == client::LoadBalancing::kRoundRobin);
}

}  // namespace
}  // namespace hawser::test
