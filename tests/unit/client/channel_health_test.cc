// Which servers a channel calls that asks them for their health (gRPC proposal A17; P-114).
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "hawser/client/channel.h"
#include "support/eventually.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view kServing = "\x08\x01";
constexpr std::string_view kNotServing = "\x08\x02";

ChannelOptions checked(Duration backoff = milliseconds(5)) {
  return {.backoff = {.initial = backoff, .max = backoff},
          .service_config = R"({"loadBalancingConfig": [{"round_robin": {}}],
                                "healthCheckConfig": {"serviceName": "a.Service"}})"};
}

/// A server that is asked, and answers as the test says.
struct Asked {
  std::string target() const { return server.target(); }
  /// A new connection that has asked.
  void connect() {
    peer.emplace(server.accept()).greet();
    peer->read_request(1);
    CHECK(peer->sent.find(FrameType::kHeaders, 1)->header(":path") == "/grpc.health.v1.Health/Watch");
    peer->script.headers(1, response_fields());
    next_id = 3;
  }
  void say(std::string_view status) { peer->send(peer->script.data(1, grpc_message(status))); }
  void serve() {
    peer->read_request(next_id);
    peer->reply(next_id, target());
    next_id += 2;
  }
  bool was_called() {
    while (peer->poll_once()) {
    }
    return peer->sent.find(FrameType::kHeaders, next_id) != nullptr;
  }

  ScriptedServer server;
  std::optional<ScriptedPeer> peer;
  http2::StreamId next_id = 3;
};

std::unique_ptr<Channel> connect_checked(const std::string& target, ChannelOptions options = checked()) {
  return value_of(Channel::create(target, std::move(options)));
}

}  // namespace

TEST_CASE("health checks: no call goes out before the server says that it serves (P-114)") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall call;
  call.start(*channel);
  server.connect();
  CHECK_FALSE(server.was_called());
  server.say(kServing);
  server.serve();
  CHECK(call.wait() == "OK");
}

TEST_CASE("health checks: a server that doesn't serve isn't picked, until it does (P-114)") {
  Asked good, bad;
  const auto channel = connect_checked(good.target() + ',' + bad.target());
  WaitingCall first;
  first.start(*channel);
  good.connect();
  bad.connect();
  bad.say(kNotServing);
  good.say(kServing);
  good.serve();
  CHECK(first.wait() == "OK");
  for (int i = 0; i < 4; ++i) {
    WaitingCall call;
    call.start(*channel);
    good.serve();
    CHECK(call.wait() == "OK");
  }
  CHECK_FALSE(bad.was_called());
  bad.say(kServing);
  good.say(kNotServing);
  CHECK(eventually([&] {
    WaitingCall call;
    call.start(*channel);
    const bool by_bad = eventually([&] { return bad.was_called() || good.was_called(); }) && bad.was_called();
    (by_bad ? bad : good).serve();
    CHECK(call.wait() == "OK");
    return by_bad;
  }));
}

TEST_CASE("health checks: when no server serves, calls fail with the reason, or wait if they want (P-114)") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall call;
  call.start(*channel);
  WaitingCall patient;
  patient.call.set_wait_for_ready(true);
  patient.start(*channel);
  server.connect();
  server.say(kNotServing);
  CHECK(call.wait() == "UNAVAILABLE");
  CHECK(call.message() == "health check: \"a.Service\" is NOT_SERVING");
  call.begin("again");
  CHECK(call.start(*channel).wait() == "UNAVAILABLE");
  CHECK_FALSE(server.server.has_newcomer(0));  // it is connected
  server.say(kServing);
  server.serve();
  CHECK(patient.wait() == "OK");
}

TEST_CASE("health checks: calls that a server has already run on when it says that it doesn't serve") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall running;
  running.start(*channel);
  server.connect();
  server.say(kServing);
  server.peer->read_request(3);
  server.say(kNotServing);
  CHECK(eventually([&] {
    WaitingCall refused;
    refused.call.set_timeout(milliseconds(5));
    return refused.start(*channel).wait() == "UNAVAILABLE";
  }));
  CHECK(running.call.is_in_flight());
  server.peer->reply(3, "late");
  CHECK(running.wait() == "OK");
}

TEST_CASE("health checks: a server without the health service is called (P-114)") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall call;
  call.start(*channel);
  server.peer.emplace(server.server.accept()).greet();
  server.peer->read_request(1);
  server.peer->send(server.peer->script.trailers(1, with(response_fields(), "grpc-status", "12")));
  server.serve();
  CHECK(call.wait() == "OK");
}

TEST_CASE("health checks: a failed one is made again on the same connection (P-114)") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*channel);
  server.peer.emplace(server.server.accept()).greet();
  ScriptedPeer& peer = *server.peer;
  peer.read_request(1);
  peer.send(peer.script.trailers(1, with(response_fields(), "grpc-status", "13")));
  peer.read_request(3);
  CHECK(peer.sent.find(FrameType::kHeaders, 3)->header(":path") == "/grpc.health.v1.Health/Watch");
  peer.send(peer.script.headers(3, response_fields()).data(3, grpc_message(kServing)));
  peer.read_request(5);
  peer.reply(5, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("health checks: GOAWAY ends them, and the connection (P-84, P-114)") {
  Asked server;
  const auto channel = connect_checked(server.target());
  WaitingCall call;
  call.start(*channel);
  server.connect();
  server.say(kServing);
  server.peer->read_request(3);
  server.peer->send(server.peer->script.goaway(3, http2::ErrorCode::kNoError));
  server.peer->read_frame(FrameType::kReset);
  CHECK(server.peer->sent.find(FrameType::kReset)->id == 1);
  server.peer->reply(3, "late");
  CHECK(call.wait() == "OK");
  CHECK(server.peer->read_end());
  server.connect();  // round_robin stays connected
}

TEST_CASE("health checks: a server that only greets and serves nobody is not called on without end (S-28)") {
  Asked server;
  const auto channel = connect_checked(server.target(), checked(hours(1)));
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*channel);
  server.connect();
  server.say(kNotServing);
  server.peer->close();
  WaitingCall other;
  CHECK(other.start(*channel).wait() == "UNAVAILABLE");
  CHECK_FALSE(server.server.has_newcomer(20));
  call.call.cancel();
  CHECK(call.wait() == "CANCELLED");
}

TEST_CASE("health checks: they keep no connection from resting (P-96)") {
  Asked server;
  ChannelOptions options = checked();
  options.idle_timeout = milliseconds(20);
  const auto channel = connect_checked(server.target(), options);
  WaitingCall call;
  call.start(*channel);
  server.connect();
  server.say(kServing);
  server.serve();
  CHECK(call.wait() == "OK");
  CHECK(server.peer->read_end());
  CHECK_FALSE(server.server.has_newcomer(0));
}

TEST_CASE("health checks: none with pick_first, and none when the options say so (P-114)") {
  ChannelOptions off = checked();
  off.health_checks = false;
  ChannelOptions pick_first = checked();
  pick_first.service_config = R"({"healthCheckConfig": {"serviceName": "a.Service"}})";
  for (const ChannelOptions& options : {off, pick_first}) {
    Asked server;
    const auto channel = connect_checked(server.target(), options);
    WaitingCall call;
    call.start(*channel);
    server.peer.emplace(server.server.accept()).greet();
    server.next_id = 1;
    server.serve();
    CHECK(call.wait() == "OK");
  }
}

TEST_CASE("health checks: a channel ends them when it goes") {
  Asked server;
  auto channel = connect_checked(server.target());
  WaitingCall call;
  call.start(*channel);
  server.connect();
  channel.reset();
  CHECK(call.wait() == "CANCELLED");
  CHECK(server.peer->read_end());
}

}  // namespace hawser::test
