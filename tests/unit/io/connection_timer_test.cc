// The protocol's expiry and the connection's own deadlines.
#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>

#include "hawser/io/connection.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Pumped;

struct ConnectionTimerFixture {
  std::unique_ptr<event::Loop> loop = test::make_loop();
  void turn() { loop->run_once(Duration::zero()); }
  Instant in(Duration length) { return loop->refresh_now() + length; }
};

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: the protocol is told when its time is over, and what it then says is sent") {
  Pumped pumped(*loop);
  pumped.protocol.expiry = in(milliseconds(5));
  Instant expired_at{};
  pumped.protocol.on_expire = [&] {
    expired_at = loop->now();
    pumped.protocol.to_send = "ping";
  };
  const Instant due = pumped.protocol.expiry;
  pumped.start(*loop);
  REQUIRE(test::run_until(*loop, [&] { return expired_at != Instant{}; }));
  CHECK(expired_at >= due);
  CHECK(pumped.read() == "ping");
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: an expiry that moves away is not called at the old time") {
  Pumped pumped(*loop);
  pumped.protocol.expiry = in(milliseconds(3));
  pumped.start(*loop);
  pumped.protocol.expiry = in(seconds(3600));
  const Instant end = in(milliseconds(10));
  while (loop->refresh_now() < end) loop->run_once(milliseconds(2));
  CHECK(pumped.protocol.calls.find('e') == std::string::npos);
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: an expiry that moves nearer is called at the new time") {
  Pumped pumped(*loop);
  pumped.protocol.expiry = in(seconds(3600));
  pumped.start(*loop);
  pumped.protocol.expiry = in(milliseconds(3));
  pumped.protocol.notifier().on_output_ready();
  CHECK(test::run_until(*loop, [&] { return pumped.protocol.calls.find('e') != std::string::npos; }));
}

TEST_CASE_FIXTURE(ConnectionTimerFixture, "Connection: an expiry after an early alarm still comes") {
  Pumped pumped(*loop);
  pumped.protocol.expiry = in(milliseconds(2));
  pumped.start(*loop);
  pumped.protocol.expiry = in(milliseconds(6));  // the timer rings at 2 ms, for nothing
  const Instant due = pumped.protocol.expiry;
  REQUIRE(test::run_until(*loop, [&] { return pumped.protocol.calls.find('e') != std::string::npos; }));
  CHECK(loop->now() >= due);
}

TEST_CASE_FIXTURE(ConnectionTimerFixture, "Connection: bytes of the same turn come before the expiry") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.calls.clear();
  pumped.protocol.on_receive = [&] { pumped.protocol.expiry = kNever; };  // the answer that was waited for
  pumped.protocol.expiry = in(milliseconds(1));
  pumped.protocol.notifier().on_output_ready();
  turn();
  pumped.write("answer");
  while (loop->refresh_now() <= pumped.protocol.expiry && pumped.protocol.expiry != kNever) {
  }
  turn();
  CHECK(pumped.protocol.received == "answer");
  CHECK(pumped.protocol.calls.find('e') == std::string::npos);
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: a peer that takes nothing is given up after the write timeout") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kUnix, {.write_timeout = milliseconds(20)});
  pumped.start(*loop);
  pumped.protocol.endless = true;
  const Instant start = loop->refresh_now();
  pumped.protocol.notifier().on_output_ready();
  REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
  CHECK(Clock::now() - start >= milliseconds(20));
  CHECK(pumped.protocol.end->scope == ErrorScope::kIo);
  CHECK(pumped.protocol.end->code == ETIMEDOUT);
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: the write timeout starts again with each byte the peer takes") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kUnix, {.write_timeout = milliseconds(50)});
  pumped.start(*loop);
  pumped.protocol.endless = true;
  pumped.protocol.notifier().on_output_ready();
  // Each round makes room, then lets the loop wait a part of the timeout. The peer's bytes are taken before
  // the turn, so even a stall of this test's own thread looks like progress.
  const Instant end = in(milliseconds(200));
  while (Clock::now() < end) {
    pumped.read();
    loop->run_once(milliseconds(10));
    REQUIRE_FALSE(pumped.is_gone());
  }
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: output that was all taken leaves no write timeout behind") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kUnix, {.write_timeout = milliseconds(5)});
  pumped.start(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  const std::size_t size = 100000;
  pumped.protocol.send_later(std::string(size, 'b'));
  std::size_t got = 0;
  while (got < size) {
    got += pumped.read().size();
    turn();
  }
  const Instant end = in(milliseconds(15));
  while (loop->refresh_now() < end) loop->run_once(milliseconds(5));
  CHECK_FALSE(pumped.is_gone());
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: a finished connection whose peer takes nothing is given up as well") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kUnix, {.write_timeout = milliseconds(10)});
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  pumped.protocol.to_send = std::string(200000, 'b');
  pumped.protocol.finish_later();
  REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
  CHECK(pumped.protocol.end->code == ETIMEDOUT);
}

TEST_CASE_FIXTURE(ConnectionTimerFixture,
                  "Connection: a peer that never closes is waited for as long as kLinger") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  const Instant start = Clock::now();
  pumped.protocol.finish_later();
  REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
  CHECK(Clock::now() - start >= Connection::kLinger);
  CHECK(pumped.protocol.end->code == 0);
}

}  // namespace
}  // namespace hawser::io
