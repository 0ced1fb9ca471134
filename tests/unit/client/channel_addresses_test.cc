// Targets with several addresses: which one is called, and what happens when it fails.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "hawser/client/channel.h"
#include "support/eventually.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::LoadBalancing;
using std::chrono::milliseconds;
using std::chrono::seconds;

ChannelOptions quick() {
  return {.next_address_delay = milliseconds(20),
          .backoff = {.initial = milliseconds(5), .max = milliseconds(20)}};
}

std::unique_ptr<Channel> connect_to_all(const std::string& target, ChannelOptions options = quick()) {
  return value_of(Channel::create(target, std::move(options)));
}

// A TCP address where nothing listens.
std::string dead_target() {
  ScriptedServer server;
  return server.target();
}

/// One call, answered by the next connection of `server`, which is returned.
ScriptedPeer serve_first_call(ScriptedServer& server, Channel& channel) {
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  return peer;
}

TEST_CASE("Channel: pick_first calls the first address that answers, in order (P-99)") {
  ScriptedServer first;
  ScriptedServer second;
  const auto channel = connect_to_all(first.target() + ',' + second.target());
  serve_first_call(first, *channel);
  CHECK_FALSE(second.has_newcomer(0));
}

TEST_CASE("Channel: one address that refuses fails no call (P-99)") {
  ScriptedServer second;
  const auto channel = connect_to_all(dead_target() + ',' + second.target());
  WaitingCall call;  // not wait_for_ready
  call.start(*channel);
  ScriptedPeer peer = second.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: a family where nobody listens falls back to TCP") {
  ScriptedServer tcp;
  const auto channel = connect_to_all("unix-abstract:hawser-nobody-listens-here," + tcp.target());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = tcp.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header(":authority") == "localhost");
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: a server that accepts and is silent holds up nobody (Happy Eyeballs, P-99)") {
  ScriptedServer silent;
  ScriptedServer second;
  const auto channel = connect_to_all(silent.target() + ',' + second.target());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer mute = silent.accept();
  ScriptedPeer peer = second.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  CHECK(mute.read_end());  // dropped
}

TEST_CASE("Channel: an address that answers late, but first, is taken (P-99)") {
  ScriptedServer slow;
  ScriptedServer silent;
  const auto channel = connect_to_all(slow.target() + ',' + silent.target());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = slow.accept();
  ScriptedPeer mute = silent.accept();  // begun after the delay
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  CHECK(mute.read_end());
}

TEST_CASE("Channel: when every address fails, calls are UNAVAILABLE with the last reason") {
  const std::string last = dead_target();
  const auto channel = connect_to_all(dead_target() + ',' + last);
  WaitingCall call;
  CHECK(call.start(*channel).wait() == "UNAVAILABLE");
  CHECK(call.message().find("connect to " + last) == 0);
}

TEST_CASE("Channel: a lost connection is made anew to the first address that answers") {
  ScriptedServer first;
  ScriptedServer second;
  const auto channel = connect_to_all(first.target() + ',' + second.target());
  ScriptedPeer peer = serve_first_call(first, *channel);
  first.close();
  peer.close();
  // Calls go to the old connection until its end was seen, and fail with it.
  WaitingCall call;
  call.start(*channel);
  while (!second.has_newcomer(1)) {
    if (call.call.is_in_flight()) continue;
    CHECK(call.wait() == "UNAVAILABLE");
    call.begin("ping");
    call.start(*channel);
  }
  ScriptedPeer next = second.accept();
  next.greet().read_request(1);
  next.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: by option it returns to the preferred address when that is back") {
  const ScratchFolder folder;
  const std::string preferred = "unix:" + folder.file("s");
  ScriptedServer second;
  ChannelOptions options = quick();
  options.return_interval = milliseconds(10);
  const auto channel = connect_to_all(preferred + ',' + second.target(), options);
  ScriptedPeer old = serve_first_call(second, *channel);
  WaitingCall running;
  running.start(*channel);
  old.read_request(3);
  ScriptedServer first(preferred);
  ScriptedPeer back = first.accept();
  back.greet();
  // New calls go there, sooner or later; the old connection finishes its own.
  WaitingCall next;
  http2::StreamId answered = 3;
  CHECK(eventually([&] {
    next.begin("ping");
    next.start(*channel);
    while (next.call.is_in_flight()) {
      if (back.poll_once() && back.sent.find(FrameType::kData, 1) != nullptr) back.reply(1, "new");
      if (old.poll_once()) {
        for (http2::StreamId id = 5; id < 200; id += 2) {
          if (old.sent.find(FrameType::kData, id) != nullptr) {
            if (answered < id) old.reply(id, "old");
            answered = std::max(answered, id);
          }
        }
      }
    }
    REQUIRE(next.wait() == "OK");
    return next.response() == "new";
  }));
  old.reply(3, "finished");
  CHECK(running.wait() == "OK");
  CHECK(running.response() == "finished");
  CHECK(old.read_end());
}

TEST_CASE("Channel: round_robin calls all addresses in turn (P-100)") {
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  std::string target;
  for (int i = 0; i < 3; ++i) {
    servers.push_back(std::make_unique<ScriptedServer>());
    target += (i == 0 ? "" : ",") + servers.back()->target();
  }
  ChannelOptions options = quick();
  options.load_balancing = LoadBalancing::kRoundRobin;
  auto channel = connect_to_all(target, options);
  WaitingCall first;
  first.start(*channel);
  std::vector<ScriptedPeer> peers;
  peers.reserve(3);
  for (const auto& server : servers) peers.push_back(server->accept());
  for (ScriptedPeer& peer : peers) peer.greet();
  // Each acknowledges SETTINGS when it is ready.
  for (ScriptedPeer& peer : peers) {
    peer.read_until([&] {
      const auto& frames = peer.sent.frames();
      return std::any_of(frames.begin(), frames.end(),
                         [](const Frame& f) { return f.type == FrameType::kSettings && f.is_ack(); });
    });
  }
  WaitingCall calls[9];
  for (WaitingCall& call : calls) call.start(*channel);
  std::size_t requests[3] = {};
  CHECK(eventually([&] {
    std::size_t all = 0;
    for (int i = 0; i < 3; ++i) {
      peers[i].poll_once();
      requests[i] = peers[i].sent.count(FrameType::kHeaders);
      all += requests[i];
    }
    return all == 10;
  }));
  for (const std::size_t count : requests) {
    CHECK(count >= 3);
    CHECK(count <= 4);
  }
  channel.reset();
  CHECK(first.wait() == "CANCELLED");
  for (WaitingCall& call : calls) CHECK(call.wait() == "CANCELLED");
}

TEST_CASE(
    "Channel: round_robin goes on with the addresses that answer, and connects a lost one again (P-100)") {
  ScriptedServer first;
  ScriptedServer second;
  ChannelOptions options = quick();
  options.load_balancing = LoadBalancing::kRoundRobin;
  const auto channel = connect_to_all(first.target() + ',' + dead_target() + ',' + second.target(), options);
  WaitingCall one;
  one.start(*channel);
  ScriptedPeer a = first.accept();
  ScriptedPeer b = second.accept();
  a.greet();
  a.read_request(1);
  a.reply(1, "pong");
  CHECK(one.wait() == "OK");
  b.close();
  ScriptedPeer again = second.accept();  // without a call that asks for it
  again.greet();
}

}  // namespace
}  // namespace hawser::test
