// Cancelling from other threads, at every moment of a call.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "hawser/client/channel.h"
#include "support/seed.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;

std::unique_ptr<Channel> connect_to(const ScriptedServer& server) {
  return value_of(Channel::create(server.target()));
}

TEST_CASE("Channel: cancel before the start and after the end does nothing") {
  ScriptedServer server;
  const auto channel = connect_to(server);
  WaitingCall call;
  call.call.cancel();
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  call.call.cancel();
  call.call.cancel();
  call.begin("again");
  call.start(*channel);
  peer.read_request(3);
  peer.reply(3, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: cancel while it connects") {
  ScriptedServer server;
  const auto channel = connect_to(server);
  WaitingCall call;
  call.start(*channel);
  call.call.cancel();
  CHECK(call.wait() == "CANCELLED");
  CHECK(call.message() == "the call was cancelled");
}

TEST_CASE("Channel: cancel while the call is open resets its stream (P-79)") {
  ScriptedServer server;
  const auto channel = connect_to(server);
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  call.call.cancel();
  call.call.cancel();
  CHECK(call.wait() == "CANCELLED");
  peer.read_frame(FrameType::kReset);
  CHECK(peer.sent.find(FrameType::kReset, 1)->error_code() == http2::ErrorCode::kCancel);
}

TEST_CASE("Channel: a completion may cancel other calls and its own") {
  struct Chain {
    explicit Chain(client::Call& victim)
        : other(victim), call(client::Call::Completion::bind<&Chain::on_done>(*this)) {
      call.set_path("/a/b");
      call.begin_request(0);
    }
    void on_done(client::Call&) {
      other.cancel();
      call.cancel();
    }
    client::Call& other;
    client::Call call;
  };
  ScriptedServer server;
  const auto channel = connect_to(server);
  WaitingCall victim;
  Chain chain(victim.call);
  victim.start(*channel);
  REQUIRE(channel->start(chain.call));
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(3);
  peer.reply(3, "");
  CHECK(victim.wait() == "CANCELLED");
}

TEST_CASE("Channel: a call may be destroyed in its completion, whatever cancels are on the way") {
  struct SelfOwned {
    SelfOwned(std::atomic<int>& counter)
        : ended(counter), call(client::Call::Completion::bind<&SelfOwned::on_done>(*this)) {
      call.set_path("/a/b");
      call.begin_request(0);
    }
    void on_done(client::Call&) {
      std::atomic<int>& count = ended;
      delete this;
      ++count;
      count.notify_all();
    }
    std::atomic<int>& ended;
    client::Call call;
  };
  ScriptedServer server;
  std::atomic<int> ended = 0;
  auto channel = connect_to(server);
  for (int i = 0; i < 50; ++i) {
    auto* call = new SelfOwned(ended);
    REQUIRE(channel->start(call->call));
    // Nothing answers, so this cancel is what ends it.
    call->call.cancel();
  }
  channel.reset();
  CHECK(ended == 50);
}

// Callers that start, cancel and wait at random against a server that answers half of the calls. What is
// checked is that every call ends once, and what the sanitizers see.
TEST_CASE("Channel: starts, cancels and ends race safely") {
  constexpr int kThreads = 4;
  constexpr int kCallsEach = 300;
  ScriptedServer server;
  const auto channel = connect_to(server);
  std::atomic<int> ok = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, random = seeded_generator(0xCA11 + static_cast<std::uint64_t>(i))]() mutable {
      WaitingCall call;
      for (int n = 0; n < kCallsEach; ++n) {
        call.begin("ping");
        if (!channel->start(call.call)) break;
        std::thread canceller;
        if (random() % 4 == 0) canceller = std::thread([&call] { call.call.cancel(); });
        if (random() % 2 == 0 || !canceller.joinable()) call.call.cancel();
        const std::string code = call.wait();
        if (code == "OK") ++ok;
        if (code == "CANCELLED") ++cancelled;
        if (canceller.joinable()) canceller.join();
      }
      --running;
    });
  }
  ScriptedPeer peer = server.accept();
  peer.greet({{SettingId::kMaxConcurrentStreams, 2}});
  http2::StreamId next = 1;
  while (running > 0) {
    if (!peer.poll_once()) continue;
    while (peer.sent.find(FrameType::kHeaders, next) != nullptr) {
      if (next % 4 == 1) peer.reply(next, "pong");
      next += 2;
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(ok + cancelled == kThreads * kCallsEach);
  CHECK(cancelled > 0);
}

}  // namespace
}  // namespace hawser::test
