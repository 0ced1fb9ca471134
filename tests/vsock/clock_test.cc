// The clock of a guest is set, as date(1) does it, with a channel over VSOCK open. The other tests of such
// jumps only tell ClockWatch that there was one; here the kernel does.
#include <doctest/doctest.h>

#include <ctime>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "hawser/client/channel.h"
#include "support/test_family.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// No machine that lives on may have its clock set: this one was started by guest.py.
bool in_guest() {
  std::ifstream file("/proc/1/cmdline");
  const std::string command((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return command.find("guest_init.py") != std::string::npos;
}

void move_clock(seconds by) {
  REQUIRE(in_guest());
  timespec now{};
  REQUIRE(::clock_gettime(CLOCK_REALTIME, &now) == 0);
  now.tv_sec += by.count();
  REQUIRE(::clock_settime(CLOCK_REALTIME, &now) == 0);
}

/// Set for so long.
class MovedClock final {
 public:
  explicit MovedClock(seconds by) : by_(by) { move_clock(by); }
  ~MovedClock() { move_clock(-by_); }
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;

 private:
  const seconds by_;
};

constexpr seconds kJumps[] = {hours(24), -hours(24)};

/// A channel with one call in flight, on a server that says what the test says.
struct Called {
  explicit Called(ChannelOptions options = {}, Duration timeout = seconds(60))
      : channel(value_of(Channel::create(server.target(), std::move(options)))) {
    call.call.set_timeout(timeout);
    call.start(*channel);
    peer = server.accept();
    peer.greet().read_request(1);
  }

  ScriptedServer server{"vsock://local:0"};
  std::unique_ptr<Channel> channel;
  WaitingCall call;
  ScriptedPeer peer{UniqueFd()};
};

}  // namespace

TEST_SUITE_BEGIN("clock");

TEST_CASE("VSOCK: when the clock is set, forward or back, open connections are asked and live on (V-15)") {
  REQUIRE(over_vsock());
  for (const seconds jump : kJumps) {
    CAPTURE(jump.count());
    Called called;
    CHECK(called.peer.sent.find(FrameType::kPing) == nullptr);
    const MovedClock moved(jump);
    called.peer.read_frame(FrameType::kPing);
    const std::string payload = called.peer.sent.find(FrameType::kPing)->payload;
    called.peer.send(called.peer.script.frame(FrameType::kPing, kFlagAck, 0, payload));
    called.peer.reply(1, "pong");
    CHECK(called.call.wait() == "OK");
    CHECK(called.call.response() == "pong");
  }
}

TEST_CASE("VSOCK: one that doesn't answer after the clock was set is dead, long before the deadline (V-15)") {
  for (const seconds jump : kJumps) {
    CAPTURE(jump.count());
    ChannelOptions options;
    options.vsock_keepalive.timeout = milliseconds(100);
    Called called(options);
    const MovedClock moved(jump);
    CHECK(called.call.wait() == "UNAVAILABLE");
    CHECK(called.call.message().find("did not answer a keepalive PING") != std::string::npos);
  }
}

TEST_CASE("VSOCK: deadlines are spans of time, whatever the clock is set to (V-15)") {
  constexpr milliseconds kTimeout(400);
  for (const seconds jump : kJumps) {
    CAPTURE(jump.count());
    const Instant start = Clock::now();
    Called called({}, kTimeout);
    const MovedClock moved(jump);
    CHECK(called.call.wait() == "DEADLINE_EXCEEDED");
    const Duration took = Clock::now() - start;
    CHECK(took >= kTimeout);
    CHECK(took < seconds(10));
  }
}

TEST_CASE("VSOCK: a server that waits out its backoff is tried at once when the clock is set (V-15)") {
  std::string target;
  {
    const ScriptedServer gone("vsock://local:0");
    target = gone.target();
  }
  const auto channel =
      value_of(Channel::create(target, {.vsock_backoff = {.initial = hours(1), .max = hours(1)}}));
  WaitingCall hasty;
  hasty.start(*channel);
  CHECK(hasty.wait() == "UNAVAILABLE");
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.start(*channel);
  ScriptedServer server(target);
  const MovedClock moved(hours(24));
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_SUITE_END();

}  // namespace hawser::test
