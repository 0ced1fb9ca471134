// Calls made on behalf of another call: its deadline and its end are theirs (P-35). What a handler's context
// gives for it is in tests/interop/server/propagation_test.cc.
#include <doctest/doctest.h>

#include <future>
#include <optional>
#include <string>
#include <thread>

#include "hawser/client/channel.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/unary_call.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/recording_interceptor.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using namespace std::chrono_literals;

struct CallParentServed {
  ScriptedPeer& peer() { return accepted ? *accepted : accepted.emplace(server.accept()).greet(); }
  ScriptedServer server;
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target()));
  std::optional<ScriptedPeer> accepted;
  CallScope parent{kNever, Cancellation::create()};
};

std::string told(const ScriptedPeer& peer, http2::StreamId id) {
  return std::string(peer.sent.find(FrameType::kHeaders, id)->header("grpc-timeout"));
}

}  // namespace

TEST_CASE_FIXTURE(CallParentServed,
                  "parent: the earlier deadline counts, the parent's or the call's own (P-35)") {
  parent.deadline = Clock::now() + 50s;
  http2::StreamId id = 1;
  for (const auto& [timeout, unit] : {std::pair<Duration, char>{Duration::max(), 'u'}, {50min, 'u'}}) {
    WaitingCall call;
    call.call.set_timeout(timeout);
    call.call.set_parent(parent);
    call.start(*channel);
    peer().read_request(id);
    CHECK(told(peer(), id).back() == unit);
    peer().reply(id, "pong");
    CHECK(call.wait() == "OK");
    id += 2;
  }
  parent.deadline = Clock::now() + 50min;
  WaitingCall call;
  call.call.set_timeout(50s);
  call.call.set_parent(parent);
  call.start(*channel);
  peer().read_request(id);
  CHECK(told(peer(), id).back() == 'u');
  peer().reply(id, "pong");
  CHECK(call.wait() == "OK");
  parent.deadline = Clock::now() - 1s;
  WaitingCall late;
  late.call.set_parent(parent);
  CHECK(late.start(*channel).wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE_FIXTURE(CallParentServed,
                  "parent: when it is over its calls are cancelled, unary and streaming (P-35)") {
  WaitingCall call;
  call.call.set_parent(parent);
  call.start(*channel);
  RecordedStream stream;
  stream.call.set_parent(parent);
  stream.start(*channel);
  WaitingCall stranger;
  stranger.start(*channel);
  peer().read_request(5);
  parent.cancellation.cancel();
  CHECK(call.wait() == "CANCELLED");
  CHECK(stream.wait() == "CANCELLED");
  for (const http2::StreamId id : {1, 3}) {
    peer().read_until([&] { return peer().sent.find(FrameType::kReset, id) != nullptr; });
    CHECK(peer().sent.find(FrameType::kReset, id)->error_code() == http2::ErrorCode::kCancel);
  }
  peer().reply(5, "pong");
  CHECK(stranger.wait() == "OK");
}

TEST_CASE_FIXTURE(CallParentServed, "parent: when it is over already no call is made for it (P-35)") {
  parent.cancellation.cancel();
  WaitingCall call;
  call.call.set_parent(parent);
  CHECK(call.start(*channel).wait() == "CANCELLED");
  CHECK(call.message() == "the call that it is made for is over");
  RecordedStream stream;
  stream.call.set_parent(parent);
  stream.start(*channel);
  CHECK(stream.wait() == "CANCELLED");
  CHECK_FALSE(server.has_newcomer(0));
}

TEST_CASE_FIXTURE(CallParentServed, "parent: a call that waits for a connection ends with it too (P-35)") {
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.call.set_parent(parent);
  call.start(*channel);
  parent.cancellation.cancel();
  CHECK(call.wait() == "CANCELLED");
}

TEST_CASE_FIXTURE(CallParentServed, "parent: one may take the deadline without the cancellation (P-35)") {
  WaitingCall call;
  call.call.set_parent({Clock::now() + 50s, {}});
  call.start(*channel);
  peer().read_request(1);
  CHECK(told(peer(), 1).back() == 'u');
  parent.cancellation.cancel();
  peer().reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE_FIXTURE(CallParentServed,
                  "parent: the end of a call ends its listening; another start listens again (P-35)") {
  WaitingCall call;
  call.call.set_parent(parent);
  call.start(*channel);
  peer().read_request(1);
  peer().reply(1, "pong");
  CHECK(call.wait() == "OK");
  call.begin("again");
  call.start(*channel);
  peer().read_request(3);
  parent.cancellation.cancel();
  CHECK(call.wait() == "CANCELLED");
  parent.cancellation.cancel();
  call.begin("again");
  CHECK(call.start(*channel).wait() == "CANCELLED");
}

TEST_CASE_FIXTURE(CallParentServed, "parent: typed calls take it as an option (P-35)") {
  constexpr client::UnaryMethod<StringValue, StringValue> kEcho{"/echo.EchoService/Echo"};
  client::ReaderWriter talk(*channel, kTalk, {.parent = parent});
  auto reply = std::async(std::launch::async, [&] {
    return client::call(*channel, kEcho, text("ping"), {.parent = parent}).status.code;
  });
  peer().read_until([&] { return peer().sent.count(FrameType::kHeaders) == 2; });
  parent.cancellation.cancel();
  CHECK(reply.get() == grpc::StatusCode::kCancelled);
  StringValue message;
  CHECK_FALSE(talk.read(message));
  CHECK(talk.finish().status.code == grpc::StatusCode::kCancelled);
}

TEST_CASE_FIXTURE(CallParentServed, "parent: its end may race with that of its calls (P-35)") {
  std::string log;
  RecordingInterceptor end("end", log);  // calls end at once, without a server
  end.refuse_with = grpc::Status{grpc::StatusCode::kAborted, "", {}};
  channel = value_of(Channel::create(server.target(), {.interceptors = {&end}}));
  for (int round = 0; round < 200; ++round) {
    const CallScope scope{kNever, Cancellation::create()};
    WaitingCall call;
    call.call.set_parent(scope);
    std::thread canceller([scope] { scope.cancellation.cancel(); });
    const std::string status = call.start(*channel).wait();
    CHECK_MESSAGE((status == "ABORTED" || status == "CANCELLED"), status);
    canceller.join();
  }
}

}  // namespace hawser::test
