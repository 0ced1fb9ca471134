// What one peer can make a connection hold, and how long it can keep the loop (CONFORMANCE S-16, S-17, S-25).
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "hawser/io/connection.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using test::Pumped;

struct ConnectionLimitsFixture {
  std::unique_ptr<event::Loop> loop = test::make_loop();
  void turn() { loop->run_once(Duration::zero()); }
};

/// Writes into the peer's end until its socket is full, letting no turn run.
std::size_t fill(Pumped& pumped) {
  static const auto kChunk = test::pattern(1 << 16);
  std::size_t written = 0;
  while (const std::size_t size = test::write_some(pumped.peer.get(), kChunk)) written += size;
  return written;
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: one turn reads no more than the budget, the next one goes on by itself") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  const std::size_t written = fill(pumped);
  REQUIRE(written > 2 * Connection::kTurnBudget);
  std::size_t before = 0;
  turn();
  for (int i = 0; i < 100 && pumped.protocol.received.size() > before; ++i) {
    const std::size_t in_this_turn = pumped.protocol.received.size() - before;
    CHECK(in_this_turn <= Connection::kTurnBudget);
    before = pumped.protocol.received.size();
    turn();
  }
  // Loop-back may deliver the rest a little later; nothing is lost.
  CHECK(test::run_until(*loop, [&] { return pumped.protocol.received.size() == written; }));
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: a flooding peer doesn't keep a small one from its answer in the same turn") {
  Pumped flood(*loop, test::tcp_pair(), net::Family::kTcp);
  Pumped small(*loop);
  flood.start(*loop);
  small.start(*loop);
  small.protocol.echo = true;
  const std::size_t written = fill(flood);
  for (int i = 0; i < 3; ++i) {
    small.write("ping");
    turn();
    CHECK(small.read() == "ping");
  }
  CHECK(flood.protocol.received.size() < written);
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: reading stops while the output is full and the protocol backlogged") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  pumped.protocol.endless = true;
  for (int i = 0; i < 2; ++i) {  // fills the socket, then the output
    pumped.protocol.notifier().on_output_ready();
    turn();
  }
  const std::size_t before = pumped.protocol.received.size();

  const std::size_t written = fill(pumped);
  CHECK(written > 0);
  test::run_ready(*loop);
  CHECK(pumped.protocol.received.size() == before);
  CHECK(pumped.protocol.largest_output <= Protocol::kOutputHighWater);

  pumped.protocol.endless = false;
  REQUIRE(test::run_until(*loop, [&] {
    pumped.read();
    return pumped.protocol.received.size() == before + written;
  }));
}

// RFC 9113 5.2.2. Each end has more to say than the sockets hold, and neither can say it unless one reads.
TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: two ends with full sockets don't wait for each other") {
  test::Pair pair = test::unix_pair();
  Pumped theirs(*loop, {std::move(pair.theirs), UniqueFd()});
  Pumped ours(*loop, {std::move(pair.ours), UniqueFd()});
  const std::size_t size = 8 * Protocol::kOutputHighWater;
  for (Pumped* end : {&theirs, &ours}) {
    end->protocol.backlogged = false;
    end->start(*loop);
  }
  for (Pumped* end : {&theirs, &ours}) end->protocol.send_later(std::string(size, 'b'));
  CHECK(test::run_until(*loop, [&] {
    return theirs.protocol.received.size() == size && ours.protocol.received.size() == size;
  }));
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: a peer that floods and never reads costs a bounded queue") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  for (int i = 0; i < 200; ++i) {
    fill(pumped);
    turn();
  }
  const std::size_t taken = pumped.protocol.received.size();
  for (int i = 0; i < 50; ++i) {
    fill(pumped);
    turn();
  }
  CHECK(pumped.protocol.received.size() == taken);
  CHECK(pumped.protocol.largest_output <= Protocol::kOutputHighWater);
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture, "Connection: endless output doesn't keep the loop either") {
  Pumped source(*loop, test::tcp_pair(), net::Family::kTcp);
  Pumped small(*loop);
  source.start(*loop);
  small.start(*loop);
  small.protocol.echo = true;
  source.protocol.endless = true;
  source.protocol.notifier().on_output_ready();
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t sent_before = source.connection->bytes_sent();
    small.write("ping");
    turn();
    CHECK(small.read() == "ping");
    CHECK(source.connection->bytes_sent() - sent_before <= Protocol::kOutputHighWater);
    source.read();
  }
}

TEST_CASE_FIXTURE(ConnectionLimitsFixture,
                  "Connection: output that waits in the protocol is sent though no edge comes for it") {
  // The socket takes the whole queue, so it never was full and never becomes writable again.
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  const std::size_t size = Protocol::kOutputHighWater + 1000;
  pumped.protocol.send_later(std::string(size, 'b'));
  std::size_t got = 0;
  CHECK(test::run_until(*loop, [&] {
    got += pumped.read().size();
    return got == size;
  }));
}

}  // namespace
}  // namespace hawser::io
