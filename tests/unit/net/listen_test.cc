#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "hawser/net/socket.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

using test::address_of;
using test::value_of;

/// True when a connection to `address` is accepted by `listener`.
bool connects(const UniqueFd& listener, const SocketAddress& address) {
  const UniqueFd client = value_of(start_connect(address));
  if (!test::wait_for(listener.get(), POLLIN)) return false;
  return value_of(accept(listener.get())).has_value();
}

TEST_CASE("listen: TCP port 0 lets the kernel choose, and the real port is told") {
  const test::TcpListener listener = test::tcp_listener();
  CHECK(listener.address.port() != 0);
  CHECK(connects(listener.fd, listener.address));
}

TEST_CASE("listen: sockets are non-blocking and close-on-exec") {
  const test::TcpListener listener = test::tcp_listener();
  CHECK((::fcntl(listener.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(listener.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("listen: a taken TCP port is EADDRINUSE with advice") {
  const test::TcpListener first = test::tcp_listener();
  const auto second = listen(first.address, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().scope == ErrorScope::kIo);
  CHECK(second.error().code == EADDRINUSE);
  CHECK(second.error().detail.find("listen on " + first.address.to_string()) == 0);
  CHECK(second.error().detail.find("choose another port") != std::string::npos);
}

TEST_CASE("listen: an address of another machine is EADDRNOTAVAIL") {
  const auto failed = listen(address_of("192.0.2.1:0"), {});  // TEST-NET-1, RFC 5737
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == EADDRNOTAVAIL);
}

TEST_CASE("listen: several sockets share a TCP port when all of them ask for it") {
  const ListenOptions shared{.backlog = 16, .reuse_port = true};
  const UniqueFd first = value_of(listen(address_of("127.0.0.1:0"), shared));
  const SocketAddress address = value_of(local_address(first.get()));
  CHECK(listen(address, shared).has_value());
  CHECK_FALSE(listen(address, {}).has_value());
}

TEST_CASE("listen: sharing a port is refused where the kernel has no such thing") {
  for (const std::string_view text : {"unix-abstract:hawser-never-bound", "vsock:any:0"}) {
    const auto failed = listen(address_of(text), {.backlog = 1, .reuse_port = true});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == EOPNOTSUPP);
  }
}

TEST_CASE("listen: a port can be taken again at once though old connections linger") {
  test::TcpListener listener = test::tcp_listener();
  const SocketAddress address = listener.address;
  UniqueFd client = value_of(start_connect(address));
  REQUIRE(test::wait_for(listener.fd.get(), POLLIN));
  value_of(accept(listener.fd.get()))->fd.reset();  // the server's side closes first and keeps TIME_WAIT
  REQUIRE(test::wait_for(client.get(), POLLIN));
  client.reset();
  listener.fd.reset();
  CHECK(listen(address, {}).has_value());
}

TEST_CASE("listen: all interfaces of IPv6 take IPv4 as well") {
  const auto all = value_of(value_of(Address::parse(":0")).resolve());
  const auto fd = listen(all.front(), {});
  if (!fd && fd.error().code == EAFNOSUPPORT) {
    MESSAGE("skipped: this machine has no IPv6");
    return;
  }
  REQUIRE(fd.has_value());
  const std::string port = std::to_string(value_of(local_address(fd->get())).port());
  const UniqueFd client = value_of(start_connect(address_of("127.0.0.1:" + port)));
  REQUIRE(test::wait_for(fd->get(), POLLIN));
  const auto accepted = value_of(accept(fd->get()));
  REQUIRE(accepted.has_value());
  CHECK(accepted->peer.peer_key() == "127.0.0.1");
  CHECK(accepted->peer.to_uri().starts_with("ipv4:127.0.0.1:"));
}

TEST_CASE("listen: UNIX paths and abstract names") {
  const test::ScratchFolder folder;
  const SocketAddress path = address_of("unix:" + folder.file("x.sock"));
  const UniqueFd listener = value_of(listen(path, {}));
  CHECK(connects(listener, path));
  CHECK(value_of(local_address(listener.get())).to_uri() == "unix:" + folder.file("x.sock"));

  const SocketAddress name = address_of("unix-abstract:" + folder.file("abstract"));
  const UniqueFd abstract = value_of(listen(name, {}));
  CHECK(connects(abstract, name));
  CHECK(value_of(local_address(abstract.get())).to_uri() == name.to_uri());
  CHECK(listen(name, {}).error().code == EADDRINUSE);
}

TEST_CASE("listen: a socket file that nobody listens on is replaced") {
  const test::ScratchFolder folder;
  const SocketAddress address = address_of("unix:" + folder.file("stale.sock"));
  value_of(listen(address, {})).reset();  // closed, but the file stays
  REQUIRE(std::filesystem::exists(folder.file("stale.sock")));
  const UniqueFd listener = value_of(listen(address, {}));
  CHECK(connects(listener, address));
}

TEST_CASE("listen: a socket file somebody listens on is EADDRINUSE and keeps working") {
  const test::ScratchFolder folder;
  const SocketAddress address = address_of("unix:" + folder.file("live.sock"));
  const UniqueFd live = value_of(listen(address, {}));
  const auto second = listen(address, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == EADDRINUSE);
  CHECK(second.error().detail.find("another program listens there") != std::string::npos);
  while (value_of(accept(live.get()))) {  // the probe
  }
  CHECK(connects(live, address));
}

TEST_CASE("listen: a live socket with a full queue is not taken for a stale one") {
  const test::ScratchFolder folder;
  const SocketAddress address = address_of("unix:" + folder.file("busy.sock"));
  const UniqueFd live = value_of(listen(address, {.backlog = 0, .reuse_port = false}));
  const UniqueFd waiting = value_of(start_connect(address));
  CHECK(start_connect(address).error().code == EAGAIN);
  CHECK(listen(address, {}).error().code == EADDRINUSE);
  CHECK(std::filesystem::exists(folder.file("busy.sock")));
}

TEST_CASE("listen: a file that is no socket is never removed") {
  const test::ScratchFolder folder;
  std::ofstream(folder.file("precious")) << "data";
  std::filesystem::create_symlink(folder.file("precious"), folder.file("link"));
  std::filesystem::create_directory(folder.file("directory"));
  for (const char* name : {"precious", "link", "directory"}) {
    const auto failed = listen(address_of("unix:" + folder.file(name)), {});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == EADDRINUSE);
    CHECK(failed.error().detail.find("not a socket") != std::string::npos);
    CHECK(std::filesystem::exists(folder.file(name)));
  }
}

TEST_CASE("listen: a missing directory is ENOENT") {
  const test::ScratchFolder folder;
  const auto failed = listen(address_of("unix:" + folder.file("no/such/x.sock")), {});
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ENOENT);
  CHECK(failed.error().detail.find("no such file or directory") != std::string::npos);
}

}  // namespace
}  // namespace hawser::net
