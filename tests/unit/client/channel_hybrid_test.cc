// A channel through a monitor's UNIX socket: what holds for VSOCK holds here, and no machine needs VSOCK for
// it.
#include <doctest/doctest.h>

#include <string>

#include "hawser/client/channel.h"
#include "support/eventually.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using std::chrono::hours;
using std::chrono::milliseconds;

struct Fixture {
  ScratchFolder folder;
  std::string monitor = "unix:" + folder.file("vm.sock");
  std::string target = "hvsock:" + folder.file("vm.sock") + ":5000";
};

std::string read_line(const UniqueFd& fd) {
  REQUIRE(wait_for(fd.get(), POLLIN));
  return read_some(fd.get()).bytes;
}

UniqueFd accept_from(const TcpListener& listener) {
  REQUIRE(wait_for(listener.fd.get(), POLLIN));
  return std::move(value_of(net::accept(listener.fd.get()))->fd);
}

TEST_CASE_FIXTURE(Fixture, "Channel: hybrid VSOCK, with OK and SETTINGS in one segment (V-17)") {
  const TcpListener listener = tcp_listener(16, monitor);
  const auto channel = value_of(Channel::create(target));
  WaitingCall call;
  call.start(*channel);
  UniqueFd fd = accept_from(listener);
  CHECK(read_line(fd) == "CONNECT 5000\n");
  FrameScript script;
  const std::string both = "OK 1073741824\n" + script.settings({}).settings_ack().take();
  REQUIRE(write_some(fd.get(), both) == both.size());
  ScriptedPeer peer(std::move(fd));
  peer.read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header(":authority") == "localhost");
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE_FIXTURE(Fixture,
                  "Channel: over VSOCK the boot race costs no second, and general backoff no matter (V-16)") {
  const auto channel = value_of(
      Channel::create(target, {.backoff = {.initial = hours(1), .max = hours(1)},
                               .vsock_backoff = {.initial = milliseconds(5), .max = milliseconds(5)}}));
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*channel);
  {
    // The monitor is there before its guest listens.
    const TcpListener listener = tcp_listener(16, monitor);
    for (int i = 0; i < 3; ++i) CHECK(read_line(accept_from(listener)) == "CONNECT 5000\n");
  }
  // And gone for a while.
  WaitingCall hasty;
  hasty.start(*channel);
  CHECK(hasty.wait().starts_with("UNAVAILABLE"));
  const TcpListener listener = tcp_listener(16, monitor);
  UniqueFd fd = accept_from(listener);
  CHECK(read_line(fd) == "CONNECT 5000\n");
  write_some(fd.get(), "OK 1\n");
  ScriptedPeer peer(std::move(fd));
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("ChannelOptions: VSOCK has a keepalive and a short backoff, others have gRPC's (V-14, V-16)") {
  const ChannelOptions options;
  CHECK(options.vsock_keepalive.time == std::chrono::seconds(30));
  CHECK(options.vsock_keepalive.timeout == std::chrono::seconds(10));
  CHECK(options.vsock_keepalive.without_calls);
  CHECK(options.vsock_backoff.initial == milliseconds(100));
  CHECK(options.vsock_backoff.max == std::chrono::seconds(2));
  CHECK(options.keepalive.time == Duration::max());
  CHECK(options.backoff.initial == std::chrono::seconds(1));
}

}  // namespace
}  // namespace hawser::test
