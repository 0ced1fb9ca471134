#include "hawser/client/keepalive.h"

#include <doctest/doctest.h>

#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

using client::Keepalive;
using Due = Keepalive::Due;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart = kTestStart;

TEST_CASE("Keepalive: off by default, and before the start (P-88)") {
  Keepalive off({});
  off.start(kStart);
  CHECK(off.next(true) == kNever);
  CHECK(off.check(kStart + seconds(10'000'000), true) == Due::kNothing);
  const Keepalive early({.time = seconds(10)});
  CHECK(early.next(true) == kNever);
}

TEST_CASE("Keepalive: the time counts from the last byte read, not from the last ping (P-88)") {
  Keepalive keepalive({.time = seconds(10), .timeout = seconds(5)});
  keepalive.start(kStart);
  CHECK(keepalive.next(true) == kStart + seconds(10));
  keepalive.on_read(kStart + seconds(7));
  CHECK(keepalive.next(true) == kStart + seconds(17));
  CHECK(keepalive.check(kStart + seconds(16), true) == Due::kNothing);
  CHECK(keepalive.check(kStart + seconds(17), true) == Due::kPing);
  keepalive.on_read(kStart + seconds(18));
  CHECK(keepalive.next(true) == kStart + seconds(28));
}

TEST_CASE("Keepalive: without a byte in time the connection is dead (P-89)") {
  Keepalive keepalive({.time = seconds(10), .timeout = seconds(5)});
  keepalive.start(kStart);
  REQUIRE(keepalive.check(kStart + seconds(10), true) == Due::kPing);
  CHECK(keepalive.next(true) == kStart + seconds(15));
  CHECK(keepalive.check(kStart + seconds(14), true) == Due::kNothing);
  CHECK(keepalive.check(kStart + seconds(15), true) == Due::kDeath);
}

TEST_CASE("Keepalive: calls that end while a ping is out don't call it off") {
  Keepalive keepalive({.time = seconds(10), .timeout = seconds(5)});
  keepalive.start(kStart);
  REQUIRE(keepalive.check(kStart + seconds(10), true) == Due::kPing);
  CHECK(keepalive.check(kStart + seconds(15), false) == Due::kDeath);
}

TEST_CASE("Keepalive: nothing is asked without calls, and at once when one comes after a quiet time (P-88)") {
  Keepalive keepalive({.time = seconds(10)});
  keepalive.start(kStart);
  CHECK(keepalive.next(false) == kNever);
  CHECK(keepalive.check(kStart + seconds(100), false) == Due::kNothing);
  CHECK(keepalive.next(true) <= kStart + seconds(100));
  CHECK(keepalive.check(kStart + seconds(100), true) == Due::kPing);
  Keepalive always({.time = seconds(10), .without_calls = true});
  always.start(kStart);
  CHECK(always.next(false) == kStart + seconds(10));
}

TEST_CASE("Keepalive: after two pings without data they come once a minute (P-89)") {
  Keepalive keepalive({.time = seconds(10)});
  keepalive.start(kStart);
  Instant now = kStart;
  const auto answered_ping = [&](Duration after) {
    now += after;
    CHECK(keepalive.check(now - std::chrono::nanoseconds(1), true) == Due::kNothing);
    CHECK(keepalive.check(now, true) == Due::kPing);
    keepalive.on_read(now);
  };
  answered_ping(seconds(10));
  answered_ping(seconds(10));
  answered_ping(minutes(1));
  answered_ping(minutes(1));
  keepalive.on_sent();
  answered_ping(seconds(10));
}

TEST_CASE("Keepalive: a probe is due at once, without calls and without a time of its own (V-15)") {
  Keepalive off({.timeout = seconds(5)});
  off.probe();
  CHECK(off.next(false) == kNever);  // not connected yet
  off.start(kStart);
  CHECK(off.check(kStart + seconds(1), false) == Due::kPing);
  CHECK(off.next(false) == kStart + seconds(6));
  off.on_read(kStart + seconds(2));
  CHECK(off.next(true) == kNever);
  off.probe();
  REQUIRE(off.check(kStart + seconds(10), false) == Due::kPing);
  off.probe();  // one is out: its answer is this one's
  CHECK(off.check(kStart + seconds(15), false) == Due::kDeath);
}

}  // namespace
}  // namespace hawser::test
