#include "hawser/net/hybrid_handshake.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "support/sockets.h"

namespace hawser::net {
namespace {

/// A handshake whose monitor is the test.
struct Fixture {
  test::Pair pair = test::unix_pair();
  HybridHandshake handshake{test::address_of("hvsock:/run/vm.sock:5000")};

  Result<bool> advance() { return handshake.advance(pair.ours.get()); }
  void answer(std::string_view bytes) { REQUIRE(test::write_some(pair.theirs.get(), bytes) == bytes.size()); }
  std::string heard() { return test::read_some(pair.theirs.get()).bytes; }
  std::string left() { return test::read_some(pair.ours.get()).bytes; }
  /// The error that follows the answer.
  Error refusal(std::string_view bytes) {
    REQUIRE(advance() == false);
    answer(bytes);
    const Result<bool> done = advance();
    REQUIRE_FALSE(done);
    CHECK(done.error().scope == ErrorScope::kIo);
    CHECK(done.error().detail.starts_with("connect to hvsock:/run/vm.sock:5000: "));
    return done.error();
  }
};

TEST_CASE_FIXTURE(Fixture, "HybridHandshake: CONNECT with the port, then OK with any number (V-17)") {
  CHECK(advance() == false);
  CHECK(heard() == "CONNECT 5000\n");
  CHECK(advance() == false);
  answer("OK 1073741824\n");
  CHECK(advance() == true);
  CHECK(heard().empty());
  CHECK(left().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "HybridHandshake: what comes behind OK in one segment stays in the socket (V-17)") {
  CHECK(advance() == false);
  answer(std::string_view("OK 7\n\0\0\0\4\0\0\0\0\0OK 8\n", 19));
  CHECK(advance() == true);
  CHECK(left() == std::string_view("\0\0\0\4\0\0\0\0\0OK 8\n", 14));
}

TEST_CASE_FIXTURE(Fixture, "HybridHandshake: an answer byte by byte, with an attempt after each (V-17)") {
  const std::string_view bytes = "OK 4294967295\n";
  for (const char& byte : bytes) {
    REQUIRE(advance() == false);
    answer({&byte, 1});
  }
  CHECK(advance() == true);
}

TEST_CASE("HybridHandshake: another answer is shown, without its control characters (V-17)") {
  for (const std::string_view wrong :
       {"ERR\n", "OK\n", "OK \n", "OK 1x\n", "OK -1\n", "ok 1\n", " OK 1\n", "\n", "OK 1\r\n",
        "HTTP/1.1 400 B", "OK 12345678901", "OK 12345678901\n"}) {
    CAPTURE(wrong);
    Fixture fixture;
    const Error error = fixture.refusal(wrong);
    CHECK(error.code == EPROTO);
    CHECK(error.detail.find("is not OK and a number") != std::string::npos);
    CHECK(error.detail.find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("HybridHandshake: a line without end is given up, whatever follows (V-17)") {
  Fixture fixture;
  const Error error = fixture.refusal(std::string(100'000, '1'));
  CHECK(error.code == EPROTO);
  CHECK(error.detail.size() < 250);
}

TEST_CASE("HybridHandshake: end of input is nobody who listens (V-17)") {
  Fixture fixture;
  REQUIRE(fixture.advance() == false);
  CHECK(fixture.heard() == "CONNECT 5000\n");
  fixture.pair.theirs.reset();
  const Result<bool> done = fixture.advance();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ECONNREFUSED);
  CHECK(done.error().detail.find("nothing listens on port 5000 of its guest") != std::string::npos);
}

TEST_CASE(
    "HybridHandshake: so is a monitor that closes with the CONNECT unread, and one that has gone (V-17)") {
  Fixture unread;
  REQUIRE(unread.advance() == false);
  unread.pair.theirs.reset();
  CHECK(unread.advance().error().code == ECONNREFUSED);
  Fixture gone;
  gone.pair.theirs.reset();
  CHECK(gone.advance().error().code == EPIPE);
}

TEST_CASE("HybridHandshake: an end in the middle of the answer is told apart (V-17)") {
  Fixture fixture;
  REQUIRE(fixture.advance() == false);
  CHECK(fixture.heard() == "CONNECT 5000\n");
  fixture.answer("OK 1");
  fixture.pair.theirs.reset();
  const Result<bool> done = fixture.advance();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == EPROTO);
}

TEST_CASE_FIXTURE(Fixture, "HybridHandshake: a socket that is full is written on later") {
  const std::string chunk(4096, 'x');
  std::size_t filled = 0;
  while (const std::size_t size = test::write_some(pair.ours.get(), chunk)) filled += size;
  CHECK(advance() == false);
  std::string got;
  while (got.size() < filled) got += heard();
  CHECK(advance() == false);
  CHECK(heard() == "CONNECT 5000\n");
}

TEST_CASE_FIXTURE(Fixture, "HybridHandshake: a monitor that doesn't answer is named") {
  const Error error = handshake.timed_out();
  CHECK(error.code == ETIMEDOUT);
  CHECK(error.detail.find("hvsock:/run/vm.sock:5000") != std::string::npos);
}

}  // namespace
}  // namespace hawser::net
