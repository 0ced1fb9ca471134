// What a channel does when time went on without this machine: it asks, and waits for nothing.
#include <doctest/doctest.h>

#include <string>

#include "hawser/client/channel.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::LoopThread;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

void jump(LoopThread& thread) {
  thread.run([&] { thread.clock_watch().tell(hours(3)); });
}

ChannelOptions patient() { return {.backoff = {.initial = hours(1), .max = hours(1)}}; }

TEST_CASE("Channel: after a jump of the clock its connections are asked whether they are alive (V-15)") {
  const auto thread = value_of(LoopThread::create());
  ScriptedServer server;
  const auto channel = value_of(Channel::create(server.target(), patient(), *thread));
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.find(FrameType::kPing) == nullptr);
  jump(*thread);
  peer.read_frame(FrameType::kPing);
  peer.send(peer.script.frame(FrameType::kPing, kFlagAck, 0, peer.sent.find(FrameType::kPing)->payload));
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: one that doesn't answer then is dead, and its calls know (V-15)") {
  const auto thread = value_of(LoopThread::create());
  ScriptedServer server;
  ChannelOptions options = patient();
  options.keepalive.timeout = milliseconds(20);
  const auto channel = value_of(Channel::create(server.target(), options, *thread));
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  jump(*thread);
  CHECK(call.wait() == "UNAVAILABLE");
  CHECK(call.message().find("did not answer a keepalive PING") != std::string::npos);
}

TEST_CASE("Channel: after a jump of the clock failed connections don't rest (V-15)") {
  const auto thread = value_of(LoopThread::create());
  std::string target;
  {
    const ScriptedServer gone;
    target = gone.target();
  }
  const auto channel = value_of(Channel::create(target, patient(), *thread));
  WaitingCall hasty;
  hasty.start(*channel);
  CHECK(hasty.wait().starts_with("UNAVAILABLE"));
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*channel);
  ScriptedServer server(target);
  jump(*thread);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: one that has gone hears of no jump (V-15)") {
  const auto thread = value_of(LoopThread::create());
  ScriptedServer server;
  {
    const auto channel = value_of(Channel::create(server.target(), patient(), *thread));
    WaitingCall call;
    call.start(*channel);
    ScriptedPeer peer = server.accept();
    peer.greet().read_request(1);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
  }
  jump(*thread);
}

}  // namespace
}  // namespace hawser::test
