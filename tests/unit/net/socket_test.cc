#include "hawser/net/socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/fd_count.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

using Outcome = Transfer::Outcome;
using test::value_of;

struct SocketFixture {
  test::Pair pair = test::unix_pair();
  std::array<std::uint8_t, 64> buffer{};
};

TEST_CASE_FIXTURE(SocketFixture, "receive: bytes, nothing now, end of input") {
  CHECK(receive(pair.ours.get(), buffer).outcome == Outcome::kWouldBlock);
  test::write_some(pair.theirs.get(), "hello");
  const Transfer got = receive(pair.ours.get(), buffer);
  CHECK(got.outcome == Outcome::kDone);
  CHECK(got.size == 5);
  CHECK(test::as_text(Bytes(buffer).first(5)) == "hello");
  test::write_some(pair.theirs.get(), "last");
  pair.theirs.reset();
  CHECK(receive(pair.ours.get(), buffer).size == 4);
  CHECK(receive(pair.ours.get(), buffer).outcome == Outcome::kEndOfInput);
}

TEST_CASE("receive: a reset connection is a failure with its errno") {
  test::Pair pair = test::tcp_pair();
  const linger abortive{1, 0};
  REQUIRE(::setsockopt(pair.theirs.get(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive) == 0);
  pair.theirs.reset();
  REQUIRE(test::wait_for(pair.ours.get(), POLLIN));
  std::array<std::uint8_t, 8> buffer;
  const Transfer got = receive(pair.ours.get(), buffer);
  CHECK(got.outcome == Outcome::kFailed);
  CHECK(got.error_number == ECONNRESET);
}

TEST_CASE_FIXTURE(SocketFixture, "send: a full socket takes a part, then nothing") {
  const auto bytes = test::pattern(8 << 20);
  const Transfer part = send(pair.ours.get(), Family::kUnix, bytes);
  CHECK(part.outcome == Outcome::kDone);
  CHECK(part.size > 0);
  CHECK(part.size < bytes.size());
  const Transfer none = send(pair.ours.get(), Family::kUnix, bytes);
  CHECK(none.outcome == Outcome::kWouldBlock);
  CHECK(none.error_number == 0);
  CHECK(test::read_some(pair.theirs.get()).bytes == test::as_view(Bytes(bytes).first(part.size)));
}

TEST_CASE_FIXTURE(SocketFixture, "send: a vanished peer is EPIPE and no signal") {
  struct sigaction action {};
  REQUIRE(::sigaction(SIGPIPE, nullptr, &action) == 0);
  REQUIRE((action.sa_handler == SIG_DFL));  // a SIGPIPE would end this program
  pair.theirs.reset();
  const Transfer failed = send(pair.ours.get(), Family::kUnix, test::as_bytes("x"));
  CHECK(failed.outcome == Outcome::kFailed);
  CHECK(failed.error_number == EPIPE);
}

TEST_CASE_FIXTURE(SocketFixture, "send: VSOCK gets at most 32 KiB at once, or what it was told (V-10)") {
  const auto bytes = test::pattern(100000);
  CHECK(send(pair.ours.get(), Family::kUnix, bytes).size > 32 * 1024);
  CHECK(test::read_some(pair.theirs.get()).bytes.size() > 32 * 1024);
  CHECK(send(pair.ours.get(), Family::kVsock, bytes).size == 32 * 1024);
  CHECK(send(pair.ours.get(), Family::kVsock, bytes, 1000).size == 1000);
}

TEST_CASE_FIXTURE(SocketFixture, "shut_down_writing: the peer sees the end, and can still talk") {
  shut_down_writing(pair.ours.get());
  CHECK(test::read_some(pair.theirs.get()).end);
  test::write_some(pair.theirs.get(), "bye");
  CHECK(receive(pair.ours.get(), buffer).size == 3);
}

TEST_CASE("accept: nothing waits") {
  const test::TcpListener listener = test::tcp_listener();
  const auto none = accept(listener.fd.get());
  REQUIRE(none.has_value());
  CHECK_FALSE(none->has_value());
}

TEST_CASE("accept: the socket is non-blocking, close-on-exec and sends without delay; the peer is known") {
  const test::TcpListener listener = test::tcp_listener();
  const UniqueFd client = value_of(start_connect(listener.address));
  REQUIRE(test::wait_for(listener.fd.get(), POLLIN));
  const auto accepted = value_of(accept(listener.fd.get()));
  REQUIRE(accepted.has_value());
  CHECK((::fcntl(accepted->fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(accepted->fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(accepted->peer.to_string() == value_of(local_address(client.get())).to_string());
  CHECK(value_of(peer_address(accepted->fd.get())).to_string() == accepted->peer.to_string());
  for (const int fd : {accepted->fd.get(), client.get()}) {
    int value = 0;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0);
    CHECK(value != 0);
  }
}

TEST_CASE("set_user_timeout: it is in milliseconds, and rounds up (P-93)") {
  const test::TcpListener listener = test::tcp_listener();
  const UniqueFd client = value_of(start_connect(listener.address));
  set_user_timeout(client.get(), std::chrono::microseconds(1'999'001));
  int value = 0;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(client.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size) == 0);
  CHECK(value == 2000);
}

TEST_CASE("accept: a descriptor that doesn't listen is an error, not a loop") {
  const test::Pair pair = test::unix_pair();
  const auto failed = accept(pair.ours.get());
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == EINVAL);
}

TEST_CASE("start_connect: it doesn't wait, and finish_connect tells the result") {
  const test::TcpListener listener = test::tcp_listener();
  const UniqueFd client = value_of(start_connect(listener.address));
  CHECK((::fcntl(client.get(), F_GETFL) & O_NONBLOCK) != 0);
  REQUIRE(test::wait_for(client.get(), POLLOUT));
  CHECK(finish_connect(client.get()) == 0);
}

TEST_CASE("start_connect: a port nobody listens on is refused") {
  test::TcpListener listener = test::tcp_listener();
  listener.fd.reset();
  const Result<UniqueFd> client = start_connect(listener.address);
  if (!client) {
    CHECK(client.error().code == ECONNREFUSED);
    return;
  }
  REQUIRE(test::wait_for(client->get(), POLLOUT));
  CHECK(finish_connect(client->get()) == ECONNREFUSED);
}

TEST_CASE("start_connect: a missing UNIX socket fails at once, with advice") {
  const test::ScratchFolder folder;
  const auto failed = start_connect(test::address_of("unix:" + folder.file("missing.sock")));
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ENOENT);
  CHECK(failed.error().detail.find("connect to unix:" + folder.file("missing.sock")) == 0);
}

TEST_CASE("start_connect: VSOCK any is refused before a socket is made") {
  const test::FdCount fds;
  const auto failed = start_connect(test::address_of("vsock:any:50051"));
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == EINVAL);
  CHECK(failed.error().detail.find("name a CID") != std::string::npos);
  CHECK(fds.grown_by() == 0);
}

TEST_CASE("finish_connect: a socket that isn't connected yet is in progress") {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  CHECK(finish_connect(fd.get()) == EINPROGRESS);
}

TEST_CASE("finish_connect: a TCP socket that met itself is refused") {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress any_port = test::address_of("127.0.0.1:0");
  REQUIRE(::bind(fd.get(), any_port.data(), any_port.size()) == 0);
  const SocketAddress itself = value_of(local_address(fd.get()));
  REQUIRE(::connect(fd.get(), itself.data(), itself.size()) == 0);  // simultaneous open, alone
  CHECK(finish_connect(fd.get()) == ECONNREFUSED);
}

TEST_CASE("finish_connect: two unnamed UNIX sockets are connected, not one") {
  const test::Pair pair = test::unix_pair();
  CHECK(finish_connect(pair.ours.get()) == 0);
}

TEST_CASE("local_address: a closed descriptor is an error") {
  CHECK(local_address(-1).error().code == EBADF);
  CHECK(peer_address(-1).error().code == EBADF);
}

}  // namespace
}  // namespace hawser::net
