// A channel on a socket that somebody else connected.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "hawser/client/channel.h"
#include "support/fd_count.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using std::chrono::milliseconds;

TEST_CASE("Channel: on a socket that is connected already it calls at once (V-22)") {
  Pair pair = unix_pair();
  const auto channel = value_of(Channel::create(std::move(pair.ours)));
  CHECK(channel->authority() == "localhost");
  ScriptedPeer peer(std::move(pair.theirs));
  for (const http2::StreamId id : {1, 3}) {
    WaitingCall call;
    call.start(*channel);
    if (id == 1) peer.greet();
    peer.read_request(id);
    peer.reply(id, "pong");
    CHECK(call.wait() == "OK");
  }
}

TEST_CASE("Channel: when a given socket has ended, calls fail with the reason (V-22)") {
  Pair pair = unix_pair();
  const auto channel = value_of(Channel::create(
      std::move(pair.ours), {.backoff = {.initial = milliseconds(1), .max = milliseconds(1)}}));
  {
    ScriptedPeer peer(std::move(pair.theirs));
    WaitingCall call;
    call.start(*channel);
    peer.greet().read_request(1);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
  }
  for (int i = 0; i < 3; ++i) {
    WaitingCall call;
    call.start(*channel);
    CHECK(call.wait().starts_with("UNAVAILABLE"));
  }
}

TEST_CASE("Channel: a socket that isn't connected is refused and closed (V-22)") {
  const FdCount fds;
  const auto refused = Channel::create(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().scope == ErrorScope::kUsage);
  CHECK(refused.error().detail.find("isn't connected") != std::string::npos);
  CHECK(fds.grown_by() == 0);
}

TEST_CASE("Channel: a given socket that was never called on is closed with its channel (V-22)") {
  const FdCount fds;
  {
    Pair pair = unix_pair();
    value_of(Channel::create(std::move(pair.ours)));
  }
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::test
