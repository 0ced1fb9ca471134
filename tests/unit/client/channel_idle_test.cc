// Connections that rest, and servers that want to be left in peace.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "hawser/client/channel.h"
#include "support/eventually.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct WarningSink final : log::Sink {
  bool enabled(log::Level level) const override { return level == log::Level::kWarning; }
  void write(log::Level, std::string_view message, std::initializer_list<log::Field>) override {
    pings += message.starts_with("keepalive pings came too often") ? 1 : 0;
  }
  std::atomic<int> pings = 0;
};

TEST_CASE("Channel: an idle connection is closed with GOAWAY, the next call makes another (P-96)") {
  ScriptedServer server;
  const auto channel = value_of(Channel::create(server.target(), {.idle_timeout = milliseconds(20)}));
  for (int i = 0; i < 2; ++i) {
    WaitingCall call;
    call.start(*channel);
    ScriptedPeer peer = server.accept();
    peer.greet().read_request(1);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
    peer.read_frame(FrameType::kGoaway);
    CHECK(peer.sent.find(FrameType::kGoaway)->error_code() == http2::ErrorCode::kNoError);
    CHECK(peer.read_end());
    CHECK_FALSE(server.has_newcomer(0));
  }
}

TEST_CASE("Channel: too_many_pings is said aloud (P-86)") {
  ScriptedServer server;
  WarningSink sink;
  const auto channel = value_of(Channel::create(
      server.target(),
      {.backoff = {.initial = milliseconds(1)}, .keepalive = {.time = seconds(10)}, .log = &sink}));
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  peer.send(peer.script.goaway(1, http2::ErrorCode::kEnhanceYourCalm, "too_many_pings"));
  CHECK(eventually([&] { return sink.pings == 1; }));
}

TEST_CASE("KeepaliveOptions: half as often is twice the time, and never stays never (P-86)") {
  client::KeepaliveOptions options{.time = seconds(10)};
  options.slow_down();
  CHECK(options.time == seconds(20));
  client::KeepaliveOptions off;
  off.slow_down();
  CHECK(off.time == Duration::max());
}

}  // namespace
}  // namespace hawser::test
