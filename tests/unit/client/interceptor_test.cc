// Interceptors around unary calls; those around streams are in interceptor_stream_test.cc.
#include "hawser/client/interceptor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <optional>
#include <string>

#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "unit/client/recording_interceptor.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using grpc::Status;
using grpc::StatusCode;
using namespace std::chrono_literals;

struct InterceptedChannel {
  explicit InterceptedChannel(ChannelOptions options = {}) {
    options.interceptors = {&a, &b};
    options.backoff.initial = 5ms;
    channel = value_of(Channel::create(server.target(), std::move(options)));
  }
  ScriptedPeer& peer() { return accepted ? *accepted : accepted.emplace(server.accept()).greet(); }
  const Frame& request(http2::StreamId id) {
    peer().read_request(id);
    return *peer().sent.find(FrameType::kHeaders, id);
  }
  void fail(http2::StreamId id, Fields more) {
    request(id);
    Fields fields = response_fields();
    fields.insert(fields.end(), more.begin(), more.end());
    peer().send(peer().script.trailers(id, fields));
  }
  void succeed(http2::StreamId id) {
    request(id);
    peer().reply(id, "pong");
  }

  ScriptedServer server;
  std::string log;
  RecordingInterceptor a{"a", log};
  RecordingInterceptor b{"b", log};
  std::unique_ptr<Channel> channel;
  std::optional<ScriptedPeer> accepted;
};

}  // namespace

TEST_CASE("client interceptors: they run in order around the call, and see its status") {
  InterceptedChannel fixture;
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.succeed(1);
  CHECK(call.wait() == "OK");
  CHECK(fixture.log == "a(b(b:0)a:0)");
  CHECK(call.response() == "pong");
  call.begin("again");
  call.start(*fixture.channel);
  fixture.fail(3, {{"grpc-status", "5"}});
  CHECK(call.wait() == "NOT_FOUND");
  CHECK(fixture.log == "a(b(b:0)a:0)a(b(b:5)a:5)");
}

TEST_CASE("client interceptors: a status from one of them ends the call, and no server hears of it") {
  InterceptedChannel fixture;
  fixture.b.refuse_with = Status{StatusCode::kUnauthenticated, "no token", {}};
  WaitingCall call;
  call.start(*fixture.channel);
  CHECK(call.wait() == "UNAUTHENTICATED");
  CHECK(call.message() == "no token");
  CHECK(fixture.log == "a(b(a:16)");
  CHECK_FALSE(fixture.server.has_newcomer(0));
  fixture.b.refuse_with.reset();
  call.begin("ping");
  call.start(*fixture.channel);
  fixture.succeed(1);
  CHECK(call.wait() == "OK");
}

TEST_CASE("client interceptors: OK without a response is no end of a call") {
  InterceptedChannel fixture;
  fixture.a.refuse_with = Status{};
  WaitingCall call;
  call.start(*fixture.channel);
  CHECK(call.wait() == "INTERNAL");
  fixture.a.refuse_with.reset();
  fixture.a.on_after = [](const client::CallView&, Status& status) { status = {}; };
  call.begin("ping");
  call.start(*fixture.channel);
  fixture.fail(1, {{"grpc-status", "5"}});
  CHECK(call.wait() == "INTERNAL");
  CHECK(call.message() == "an interceptor made a failed call OK");
}

TEST_CASE("client interceptors: metadata of theirs are sent, and forgotten with the call") {
  InterceptedChannel fixture;
  fixture.a.on_before = [](client::CallView& call) {
    CHECK(call.add_metadata("token", "t" + std::to_string(call.metadata().size())));
    CHECK(call.add_metadata("raw-bin", std::string("\xFF", 1)));
    CHECK_FALSE(call.add_metadata("grpc-x", "v"));  // P-23
  };
  WaitingCall call;
  CHECK(call.call.add_metadata("own", "1"));
  for (const http2::StreamId id : {1, 3}) {
    if (id != 1) call.begin("again");
    call.start(*fixture.channel);
    const Frame& headers = fixture.request(id);
    CHECK(headers.header("own") == "1");
    CHECK(headers.header("token") == "t1");
    CHECK(std::count_if(headers.fields.begin(), headers.fields.end(),
                        [](const auto& field) { return field.name == "token"; }) == 1);
    CHECK(headers.header("raw-bin") == "/w");
    fixture.succeed(id);
    CHECK(call.wait() == "OK");
  }
}

TEST_CASE("client interceptors: they set deadlines, earlier and later, within the service config's") {
  InterceptedChannel fixture(
      {.service_config = R"({"methodConfig": [{"name": [{"service": "slow"}], "timeout": "0.02s"}]})"});
  std::optional<Instant> given;
  fixture.a.on_before = [&](client::CallView& call) {
    given = call.deadline();
    call.set_deadline(saturating_add(call.now(), 30ms));
  };
  WaitingCall call;
  call.start(*fixture.channel);
  CHECK(fixture.request(1).header("grpc-timeout").ends_with("n"));  // below 100 ms
  CHECK(call.wait() == "DEADLINE_EXCEEDED");
  CHECK(given == kNever);

  fixture.a.on_before = [&](client::CallView& view) { view.set_deadline(kNever); };
  call.begin("ping");
  call.call.set_timeout(1ms);
  call.start(*fixture.channel);
  CHECK(fixture.request(3).header("grpc-timeout") == "(none)");
  fixture.succeed(3);
  CHECK(call.wait() == "OK");

  call.begin("ping");
  call.call.set_path("/slow/Method");
  call.start(*fixture.channel);
  CHECK(call.wait() == "DEADLINE_EXCEEDED");

  fixture.a.on_before = [&](client::CallView& view) { view.set_deadline(view.now()); };
  call.begin("ping");
  CHECK(call.start(*fixture.channel).wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE("client interceptors: after sees trailers and times, and may replace the status") {
  InterceptedChannel fixture;
  std::string seen;
  fixture.b.on_after = [&](const client::CallView& call, Status& status) {
    seen = std::string(call.method()) + " " + std::string(call.trailing_metadata().find("why")) + " " +
           status.message;
    CHECK(call.authority() == fixture.server.target());
    CHECK_FALSE(call.is_streaming());
    CHECK(call.times().started <= call.times().sent);
    CHECK(call.times().sent <= call.times().done);
    CHECK(call.now() >= call.times().done);
    status = {StatusCode::kAborted, "replaced", {}};
  };
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.fail(1, {{"grpc-status", "9"}, {"grpc-message", "not now"}, {"why", "busy"}});
  CHECK(call.wait() == "ABORTED");
  CHECK(call.message() == "replaced");
  CHECK(seen == "/echo.EchoService/Echo busy not now");
  CHECK(fixture.log == "a(b(b:9)a:10)");
}

TEST_CASE("client interceptors: a call that is retried passes once (P-105)") {
  InterceptedChannel fixture({.service_config = R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 3, "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE"]}}]})"});
  int retries = -1;
  fixture.a.on_before = [](client::CallView& call) { CHECK(call.add_metadata("token", "t")); };
  fixture.a.on_after = [&](const client::CallView& call, Status&) { retries = call.retries(); };
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.fail(1, {{"grpc-status", "14"}});
  fixture.fail(3, {{"grpc-status", "14"}});
  CHECK(fixture.request(5).header("token") == "t");
  fixture.succeed(5);
  CHECK(call.wait() == "OK");
  CHECK(fixture.log == "a(b(b:0)a:0)");
  CHECK(retries == 2);
}

TEST_CASE("client interceptors: a refused stream that is sent again passes once (P-104)") {
  InterceptedChannel fixture;
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.request(1);
  fixture.peer().send(fixture.peer().script.reset(1, http2::ErrorCode::kRefusedStream));
  fixture.succeed(3);
  CHECK(call.wait() == "OK");
  CHECK(fixture.log == "a(b(b:0)a:0)");
}

TEST_CASE("client interceptors: they hear of calls that end without a server") {
  InterceptedChannel fixture;
  WaitingCall cancelled;
  cancelled.start(*fixture.channel);
  cancelled.call.cancel();
  CHECK(cancelled.wait() == "CANCELLED");
  CHECK(fixture.log == "a(b(b:1)a:1)");
  fixture.log.clear();
  WaitingCall malformed;
  malformed.call.set_path("no path");
  CHECK(malformed.start(*fixture.channel).wait() == "INTERNAL");
  CHECK(fixture.log == "a(b(b:13)a:13)");
  fixture.log.clear();
  WaitingCall left;
  left.start(*fixture.channel);
  fixture.channel.reset();
  CHECK(left.wait() == "CANCELLED");
  CHECK(fixture.log == "a(b(b:1)a:1)");
}

TEST_CASE("client interceptors: typed calls pass, blocking or not") {
  constexpr client::UnaryMethod<StringValue, StringValue> kEcho{"/echo.EchoService/Echo"};
  InterceptedChannel fixture;
  fixture.a.on_after = [](const client::CallView&, Status& status) { status.message += ", said a"; };
  auto blocking = std::async(std::launch::async,
                             [&] { return client::call(*fixture.channel, kEcho, text("ping")).status; });
  fixture.fail(1, {{"grpc-status", "5"}, {"grpc-message", "no"}});
  CHECK(blocking.get().message == "no, said a");
  std::promise<Status> promise;
  client::call_async<StringValue, StringValue>(
      *fixture.channel, kEcho, text("ping"), {},
      [&](client::Reply<StringValue> reply) { promise.set_value(std::move(reply.status)); });
  fixture.fail(3, {{"grpc-status", "5"}, {"grpc-message", "no"}});
  CHECK(promise.get_future().get().message == "no, said a");
  CHECK(fixture.log == "a(b(b:5)a:5)a(b(b:5)a:5)");
}

TEST_CASE("client interceptors: before may start a call of its own") {
  InterceptedChannel fixture;
  WaitingCall token;
  token.call.set_path("/token.Service/Get");
  fixture.a.on_before = [&](client::CallView& call) {
    if (call.method() != "/token.Service/Get") token.start(*fixture.channel);
  };
  WaitingCall call;
  call.start(*fixture.channel);
  CHECK(fixture.request(1).header(":path") == "/token.Service/Get");
  fixture.succeed(1);
  CHECK(fixture.request(3).header(":path") == "/echo.EchoService/Echo");
  fixture.succeed(3);
  CHECK(token.wait() == "OK");
  CHECK(call.wait() == "OK");
}

TEST_CASE("client interceptors: null is a mistake") {
  const auto channel = Channel::create("127.0.0.1:1", {.interceptors = {nullptr}});
  REQUIRE_FALSE(channel);
  CHECK(channel.error().scope == ErrorScope::kUsage);
}

}  // namespace hawser::test
