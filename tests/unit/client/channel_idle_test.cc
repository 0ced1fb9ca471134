// Connections that rest, and servers that want to be left in peace.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
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

// TCP_USER_TIMEOUT of the connection to that server, whose descriptor is this process' too; -1: there is
// none.
int user_timeout_ms_of_client_of(const std::string& server) {
  const net::SocketAddress address = value_of(value_of(net::Address::parse(server)).resolve()).front();
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (size != address.size() || std::memcmp(&peer, address.data(), size) != 0) continue;
    unsigned int timeout_ms = 0;
    size = sizeof timeout_ms;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size) != 0) continue;
    return static_cast<int>(timeout_ms);
  }
  return -1;
}

TEST_CASE("Channel: with keepalive, unacknowledged output on TCP is bounded (P-93)") {
  const struct {
    client::KeepaliveOptions keepalive;
    int expected_ms;
  } cases[] = {{{.time = seconds(10), .timeout = seconds(3)}, 3000}, {{.timeout = seconds(3)}, 0}};
  for (const auto& one : cases) {
    ScriptedServer server;
    const auto channel = value_of(Channel::create(server.target(), {.keepalive = one.keepalive}));
    WaitingCall call;
    call.start(*channel);
    ScriptedPeer peer = server.accept();
    peer.greet().read_request(1);
    CHECK(user_timeout_ms_of_client_of(server.target()) == one.expected_ms);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
  }
}

TEST_CASE("Channel: nobody is asked more often than every ten seconds (P-88)") {
  const auto channel = value_of(Channel::create("127.0.0.1:1", {.keepalive = {.time = milliseconds(1)}}));
  CHECK(channel->options().keepalive.time == seconds(10));
}

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
