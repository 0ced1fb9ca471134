#include "hawser/net/blocking_connect.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <future>
#include <string>

#include "support/fd_count.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::value_of;

Result<UniqueFd> connect(const std::string& text, const ConnectOptions& options = {}) {
  return connect_blocking(value_of(Address::parse(text)), options);
}

TEST_CASE("connect_blocking: TCP and UNIX, and the socket doesn't block afterwards") {
  const test::ScratchFolder folder;
  const test::TcpListener tcp = test::tcp_listener();
  const test::TcpListener local = test::tcp_listener(16, "unix:" + folder.file("s"));
  for (const test::TcpListener* listener : {&tcp, &local}) {
    const auto fd = connect(listener->address.to_string());
    REQUIRE(fd);
    CHECK((::fcntl(fd->get(), F_GETFL) & O_NONBLOCK) != 0);
    REQUIRE(test::wait_for(listener->fd.get(), POLLIN));
  }
}

TEST_CASE("connect_blocking: a name's second address is tried when the first refuses") {
  const test::TcpListener listener = test::tcp_listener();
  CHECK(connect("localhost:" + std::to_string(listener.address.port())));
}

TEST_CASE("connect_blocking: refusals and wildcards are told apart") {
  const test::FdCount fds;
  const std::string gone = test::tcp_listener().address.to_string();
  CHECK(connect(gone).error().code == ECONNREFUSED);
  CHECK(connect("unix:/nonexistent/s").error().code == ENOENT);
  CHECK(connect("vsock:any:1").error().scope == ErrorScope::kUsage);
  CHECK(connect("127.0.0.1:0").error().scope == ErrorScope::kUsage);
  CHECK(fds.grown_by() == 0);
}

TEST_CASE("connect_blocking: hybrid VSOCK says CONNECT and leaves what comes behind OK (V-17)") {
  const test::ScratchFolder folder;
  const test::TcpListener monitor = test::tcp_listener(16, "unix:" + folder.file("vm.sock"));
  auto connecting =
      std::async(std::launch::async, [&] { return connect("hvsock:" + folder.file("vm.sock") + ":5000"); });
  REQUIRE(test::wait_for(monitor.fd.get(), POLLIN));
  const auto accepted = value_of(accept(monitor.fd.get()));
  REQUIRE(test::wait_for(accepted->fd.get(), POLLIN));
  CHECK(test::read_some(accepted->fd.get()).bytes == "CONNECT 5000\n");
  test::write_some(accepted->fd.get(), "OK 1\nbehind");
  const auto fd = connecting.get();
  REQUIRE(fd);
  CHECK(test::read_some(fd->get()).bytes == "behind");
}

TEST_CASE("connect_blocking: a monitor that is silent costs its timeout and no descriptor (V-17)") {
  const test::ScratchFolder folder;
  const test::TcpListener monitor = test::tcp_listener(16, "unix:" + folder.file("vm.sock"));
  const test::FdCount fds;
  const std::string target = "hvsock:" + folder.file("vm.sock") + ":5000";
  CHECK(
      connect(target, {.timeout = seconds(60), .vsock = {.hybrid_timeout = milliseconds(10)}}).error().code ==
      ETIMEDOUT);
  CHECK(connect(target, {.timeout = milliseconds(10), .vsock = {}}).error().code == ETIMEDOUT);
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::net
