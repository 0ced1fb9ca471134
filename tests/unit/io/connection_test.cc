// Bytes in and out of a connection, and when. Closing, limits and timers have files of their own.
#include "hawser/io/connection.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "support/allocation_counter.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using test::Pumped;

struct ConnectionFixture {
  std::unique_ptr<event::Loop> loop = test::make_loop();
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: the protocol's first bytes are sent at the end of the first turn") {
  Pumped pumped(*loop);
  pumped.protocol.to_send = "preface";
  REQUIRE(pumped.connection->start().has_value());
  CHECK(pumped.protocol.calls == "a");
  CHECK(pumped.read().empty());
  turn();
  CHECK(pumped.read() == "preface");
  CHECK(pumped.protocol.calls.substr(0, 2) == "ad");
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: a request is read and answered in one turn") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  pumped.write("request");
  turn();
  CHECK(pumped.protocol.received == "request");
  CHECK(pumped.read() == "request");
  CHECK(pumped.connection->bytes_received() == 7);
  CHECK(pumped.connection->bytes_sent() == 7);
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: bytes that came before it was started are read") {
  Pumped pumped(*loop);
  pumped.write("early");
  pumped.start(*loop);
  CHECK(pumped.protocol.received == "early");
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: the protocol is only called in turns") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.calls.clear();
  test::run_ready(*loop);
  CHECK(pumped.protocol.calls.empty());
  pumped.protocol.send_later("late");
  CHECK(pumped.protocol.calls.empty());
  turn();
  CHECK(pumped.protocol.calls == "d");
  CHECK(pumped.read() == "late");
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: everything a turn produces is one send") {
  Pumped pumped(*loop, test::unix_pair(SOCK_SEQPACKET));  // keeps what is sent at once together
  pumped.start(*loop);
  pumped.protocol.send_later("one ");
  pumped.protocol.send_later("two ");
  pumped.protocol.send_later("three");
  pumped.protocol.echo = true;
  pumped.write(" four");
  turn();
  char packet[64];
  const ssize_t size = ::recv(pumped.peer.get(), packet, sizeof packet, MSG_DONTWAIT);
  CHECK(std::string(packet, static_cast<std::size_t>(std::max<ssize_t>(size, 0))) == "one two three four");
  CHECK(::recv(pumped.peer.get(), packet, sizeof packet, MSG_DONTWAIT) == -1);
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: input larger than the scratch comes in several pieces of one turn") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  const auto bytes = test::pattern(150000);
  REQUIRE(test::write_some(pumped.peer.get(), bytes) == bytes.size());
  REQUIRE(test::run_until(*loop, [&] { return pumped.protocol.received.size() == bytes.size(); }));
  CHECK(pumped.protocol.received == test::as_view(bytes));
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: what a small socket buffer can't take is sent later, in order") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  const auto bytes = test::pattern(1000000);
  pumped.protocol.send_later(test::as_view(bytes));
  std::string got;
  REQUIRE(test::run_until(*loop, [&] {
    got += test::read_some(pumped.peer.get(), 3001).bytes;
    return got.size() == bytes.size();
  }));
  CHECK(got == test::as_view(bytes));
  CHECK(pumped.connection->bytes_sent() == bytes.size());
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: VSOCK's small sends go on until all is sent, without waiting for an edge") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kVsock);
  pumped.start(*loop);
  const auto bytes = test::pattern(100000);
  pumped.protocol.send_later(test::as_view(bytes));
  turn();
  CHECK(pumped.read() == test::as_view(bytes));
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: bulk output goes through whatever both sides do, and stays bounded") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  const auto bytes = test::pattern(20 << 20);
  pumped.protocol.send_later(test::as_view(bytes));
  std::string got;
  REQUIRE(test::run_until(*loop, [&] {
    got += pumped.read();
    return got.size() == bytes.size();
  }));
  CHECK((got == test::as_view(bytes)));
  CHECK(pumped.protocol.largest_output <= Protocol::kOutputHighWater);
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: both directions at once, echoed in order") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  const auto bytes = test::pattern(3 << 20);
  std::size_t written = 0;
  std::string got;
  REQUIRE(test::run_until(*loop, [&] {
    written += test::write_some(pumped.peer.get(), std::span(bytes).subspan(written));
    got += pumped.read();
    return got.size() == bytes.size();
  }));
  CHECK((got == test::as_view(bytes)));
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "Connection: a thousand small calls, each answered in the turn it came in") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  for (int i = 0; i < 1000; ++i) {
    const std::string call = "call " + std::to_string(i);
    pumped.write(call);
    REQUIRE(test::wait_for(pumped.fd, POLLIN));
    turn();
    REQUIRE(test::wait_for(pumped.peer.get(), POLLIN));
    REQUIRE(pumped.read() == call);
  }
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: a warm request and answer allocate nothing" *
                                         doctest::skip(!test::AllocationCounter::kAvailable)) {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  pumped.protocol.calls.reserve(10000);
  pumped.protocol.received.reserve(100000);
  pumped.protocol.to_send.reserve(1000);
  pumped.protocol.expiry = loop->now() + std::chrono::seconds(20);
  char answer[64];
  const auto call = [&] {
    REQUIRE(::send(pumped.peer.get(), "a request", 9, MSG_NOSIGNAL) == 9);
    turn();
    return ::recv(pumped.peer.get(), answer, sizeof answer, MSG_DONTWAIT);
  };
  REQUIRE(call() == 9);
  const test::AllocationCounter allocations;
  std::uint64_t calls = 0;
  for (int i = 0; i < 100; ++i) {
    ::send(pumped.peer.get(), "a request", 9, MSG_NOSIGNAL);
    pumped.protocol.expiry = loop->now() + std::chrono::seconds(21 + i);  // moves on, as deadlines do
    turn();
    if (::recv(pumped.peer.get(), answer, sizeof answer, MSG_DONTWAIT) == 9) ++calls;
  }
  const std::uint64_t counted = allocations.calls();
  CHECK(calls == 100);
  CHECK(counted == 0);
}

TEST_CASE_FIXTURE(ConnectionFixture, "Connection: a peer that reads its answer makes no turn for nothing") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  pumped.write("request");
  turn();
  CHECK(pumped.read() == "request");  // frees room in the UNIX socket: an edge for those who want one
  const Instant start = Clock::now();
  loop->run_once(std::chrono::milliseconds(10));
  CHECK(Clock::now() - start >= std::chrono::milliseconds(9));
}

TEST_CASE_FIXTURE(
    ConnectionFixture,
    "Connection: a descriptor that can't be watched fails the start, and the protocol is told") {
  test::Pair pair = test::unix_pair();
  pair.ours = UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));  // epoll refuses files (EPERM)
  Pumped pumped(*loop, std::move(pair));
  const Result<void> started = pumped.connection->start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().code == EPERM);
  CHECK(pumped.protocol.calls == "ax");
  CHECK(pumped.protocol.end->code == EPERM);
  CHECK(pumped.connection->is_closed());
  test::run_ready(*loop);
  CHECK(pumped.closed_calls == 0);
}

}  // namespace
}  // namespace hawser::io
