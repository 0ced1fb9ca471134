// Every way a connection ends: who is told, when, and that nothing is called afterwards.
#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "hawser/io/connection.h"
#include "support/fd_count.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using test::Pumped;

const Error kReason{ErrorScope::kConnection, 11, "enough"};

struct Fixture {
  std::unique_ptr<event::Loop> loop = test::make_loop();
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(Fixture, "Connection: a peer that closes ends it with code 0, in the turn it is seen") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.write("last words");
  pumped.peer.reset();
  turn();
  CHECK(pumped.protocol.received == "last words");
  REQUIRE(pumped.protocol.end.has_value());
  CHECK(pumped.protocol.end->scope == ErrorScope::kIo);
  CHECK(pumped.protocol.end->code == 0);
  CHECK(pumped.protocol.calls.back() == 'x');
  CHECK(pumped.closed_calls == 1);
  CHECK(pumped.is_gone());
}

TEST_CASE_FIXTURE(Fixture, "Connection: a peer that closes with our output on the way is an ordinary end") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.send_later("too late");
  pumped.peer.reset();
  turn();
  CHECK(pumped.is_gone());
  CHECK(pumped.protocol.end->code == 0);
}

TEST_CASE_FIXTURE(Fixture, "Connection: a last request before the peer's half close is answered") {
  for (const bool tcp : {false, true}) {
    Pumped pumped(*loop, tcp ? test::tcp_pair() : test::unix_pair(),
                  tcp ? net::Family::kTcp : net::Family::kUnix);
    pumped.start(*loop);
    pumped.protocol.echo = true;
    pumped.write("last request");
    net::shut_down_writing(pumped.peer.get());
    REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
    REQUIRE(test::wait_for(pumped.peer.get(), POLLIN));
    CHECK(pumped.read() == "last request");
    CHECK(pumped.protocol.end->code == 0);
  }
}

TEST_CASE_FIXTURE(Fixture, "Connection: a reset is told with its errno") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  const linger abortive{1, 0};
  REQUIRE(::setsockopt(pumped.peer.get(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive) == 0);
  pumped.peer.reset();
  REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
  CHECK(pumped.protocol.end->code == ECONNRESET);
  CHECK(pumped.closed_calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "Connection: a peer that vanishes while reading is paused ends it, too") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  pumped.protocol.endless = true;
  pumped.protocol.notifier().on_output_ready();
  test::run_ready(*loop);
  pumped.write("unread");
  pumped.peer.reset();
  test::run_ready(*loop);
  REQUIRE(pumped.is_gone());
  CHECK(pumped.protocol.end->code == ECONNRESET);  // it closed with our bytes unread
}

TEST_CASE_FIXTURE(Fixture, "Connection: a finished protocol's bytes are sent, then the write side is shut") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.to_send = "goaway";
  pumped.protocol.finish_later();
  turn();
  const test::Read got = test::read_some(pumped.peer.get());
  CHECK(got.bytes == "goaway");
  CHECK(got.end);
  CHECK_FALSE(pumped.is_gone());
  pumped.peer.reset();
  turn();
  CHECK(pumped.is_gone());
  CHECK(pumped.protocol.end->code == 0);
}

TEST_CASE_FIXTURE(
    Fixture, "Connection: what a lingering peer still says is dropped, and no reset overtakes the goodbye") {
  Pumped pumped(*loop, test::tcp_pair(), net::Family::kTcp);
  pumped.start(*loop);
  pumped.protocol.to_send = "goaway";
  pumped.protocol.finish_later();
  turn();
  const auto chatter = test::pattern(500000);
  std::size_t written = 0;
  REQUIRE(test::run_until(*loop, [&] {
    written += test::write_some(pumped.peer.get(), std::span(chatter).subspan(written));
    return written == chatter.size();
  }));
  net::shut_down_writing(pumped.peer.get());
  REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
  CHECK(pumped.protocol.received.empty());
  const test::Read got = test::read_some(pumped.peer.get());
  CHECK(got.bytes == "goaway");
  CHECK(got.error == 0);
}

TEST_CASE_FIXTURE(Fixture, "Connection: VSOCK lingers without a half close") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kVsock);
  pumped.start(*loop);
  pumped.protocol.to_send = "goaway";
  pumped.protocol.finish_later();
  test::run_ready(*loop);
  const test::Read got = test::read_some(pumped.peer.get());
  CHECK(got.bytes == "goaway");
  CHECK_FALSE(got.end);
  pumped.peer.reset();
  turn();
  CHECK(pumped.is_gone());
}

TEST_CASE_FIXTURE(Fixture, "Connection: what came before a write failed is read first (V-23)") {
  for (const net::Family family : {net::Family::kVsock, net::Family::kUnix}) {
    Pumped pumped(*loop, test::unix_pair(), family);
    pumped.start(*loop);
    // After the turn's look at the sockets, so that writing is what meets the end.
    loop->post([&] {
      pumped.write("last words");
      pumped.peer.reset();
      pumped.protocol.send_later("too late");
    });
    test::run_ready(*loop);
    REQUIRE(pumped.is_gone());
    CHECK(pumped.protocol.received == "last words");
    CHECK(pumped.protocol.end->code == 0);
    CHECK(pumped.protocol.calls.back() == 'x');
    CHECK(pumped.closed_calls == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "Connection: a peer that only writes on isn't listened to for ever (V-23)") {
  Pumped pumped(*loop, test::unix_pair(), net::Family::kVsock);
  pumped.start(*loop);
  REQUIRE(::shutdown(pumped.peer.get(), SHUT_RD) == 0);
  pumped.protocol.send_later("unwanted");
  test::run_ready(*loop);
  CHECK(pumped.is_gone());
  CHECK(pumped.protocol.end->code == EPIPE);
}

TEST_CASE_FIXTURE(Fixture,
                  "Connection: a large rest is flushed before lingering, and nothing is read meanwhile") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  const auto bytes = test::pattern(200000);
  pumped.protocol.to_send = test::as_view(bytes);
  pumped.protocol.finish_later();
  turn();
  pumped.write("ignored");
  std::string got;
  bool end = false;
  REQUIRE(test::run_until(*loop, [&] {
    const test::Read part = test::read_some(pumped.peer.get(), 5000);
    got += part.bytes;
    end = part.end;
    return end;
  }));
  CHECK(got == test::as_view(bytes));
  CHECK(pumped.protocol.received.empty());
  pumped.peer.reset();
  test::run_ready(*loop);
  CHECK(pumped.is_gone());
}

TEST_CASE_FIXTURE(Fixture, "Connection: a finished one whose peer has closed already doesn't linger") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.finish_later();
  pumped.peer.reset();
  turn();
  CHECK(pumped.is_gone());
}

TEST_CASE_FIXTURE(
    Fixture, "Connection: abort ends it at once without sending, the owner hears of it in the reap step") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.send_later("never sent");
  pumped.connection->abort(kReason);
  CHECK(pumped.connection->is_closed());
  CHECK(pumped.protocol.end->code == 11);
  CHECK(pumped.protocol.end->scope == ErrorScope::kConnection);
  CHECK(pumped.closed_calls == 0);
  const test::Read got = test::read_some(pumped.peer.get());
  CHECK(got.bytes.empty());
  CHECK(got.end);
  pumped.connection->abort(kReason);
  turn();
  CHECK(pumped.closed_calls == 1);
  CHECK(std::count(pumped.protocol.calls.begin(), pumped.protocol.calls.end(), 'x') == 1);
}

TEST_CASE_FIXTURE(Fixture, "Connection: abort from inside a call of the protocol comes after that call") {
  const auto check = [&](Pumped& pumped, char call) {
    CHECK(pumped.is_gone());
    CHECK(pumped.closed_calls == 1);
    CHECK(pumped.protocol.end->detail == "enough");
    CHECK(pumped.protocol.calls.ends_with(std::string{call, 'x'}));
  };
  const auto abort_in = [](Pumped& pumped) {
    return [&pumped] {
      pumped.connection->abort(kReason);
      CHECK_FALSE(pumped.protocol.end.has_value());
      pumped.connection->abort(Error{});  // the first reason counts
    };
  };
  SUBCASE("receive") {
    Pumped pumped(*loop);
    pumped.start(*loop);
    pumped.protocol.on_receive = abort_in(pumped);
    pumped.write("x");
    turn();
    check(pumped, 'r');
  }
  SUBCASE("drain") {
    Pumped pumped(*loop);
    pumped.start(*loop);
    pumped.protocol.on_drain = abort_in(pumped);
    pumped.protocol.send_later("never sent");
    turn();
    check(pumped, 'd');
    CHECK(pumped.read().empty());
  }
  SUBCASE("expire") {
    Pumped pumped(*loop);
    pumped.protocol.expiry = loop->now();
    pumped.protocol.on_expire = abort_in(pumped);
    REQUIRE(pumped.connection->start().has_value());
    test::run_ready(*loop);
    check(pumped, 'e');
  }
}

TEST_CASE_FIXTURE(Fixture, "Connection: whatever a protocol does in disconnected has no effect any more") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.on_disconnected = [&] {
    pumped.protocol.notifier().on_output_ready();
    pumped.connection->abort(kReason);
  };
  pumped.peer.reset();
  turn();
  CHECK(pumped.is_gone());
  CHECK(pumped.protocol.end->code == 0);
  CHECK(pumped.closed_calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "Connection: one may close another that is ready in the same turn") {
  Pumped first(*loop);
  Pumped second(*loop);
  first.start(*loop);
  second.start(*loop);
  first.protocol.on_receive = [&] { second.connection->abort(kReason); };
  second.protocol.on_receive = [&] { first.connection->abort(kReason); };
  first.write("x");
  second.write("x");
  turn();
  CHECK(first.is_gone() != second.is_gone());
  CHECK((first.protocol.received.empty()) != (second.protocol.received.empty()));
}

TEST_CASE_FIXTURE(
    Fixture, "Connection: destroying an open one tells the protocol but not the owner, and leaks nothing") {
  const test::FdCount fds;
  {
    Pumped pumped(*loop);
    pumped.start(*loop);
    pumped.protocol.send_later("never sent");
    pumped.connection.reset();
    CHECK(pumped.protocol.end->code == ECANCELED);
    CHECK(pumped.closed_calls == 0);
    test::run_ready(*loop);
    CHECK(pumped.closed_calls == 0);
  }
  CHECK(fds.grown_by() == 0);
}

TEST_CASE_FIXTURE(Fixture, "Connection: one that was never started tells nobody") {
  Pumped pumped(*loop);
  pumped.connection.reset();
  CHECK(pumped.protocol.calls.empty());
}

TEST_CASE_FIXTURE(Fixture, "Connection: hundreds that come and go leave no descriptor behind") {
  const test::FdCount fds;
  for (int i = 0; i < 300; ++i) {
    Pumped pumped(*loop);
    pumped.start(*loop);
    pumped.protocol.echo = true;
    pumped.write("x");
    turn();
    CHECK(pumped.read() == "x");
    pumped.peer.reset();
    turn();
    CHECK(pumped.is_gone());
  }
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::io
