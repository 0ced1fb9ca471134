// Serving on sockets that others made, and for the guests of a virtual machine monitor.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"

namespace hawser::test {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool is_answered(const net::SocketAddress& address) {
  RawClient client(address);
  client.handshake().script.request(1, "/any.Service/Method", "");
  client.send();
  return client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); });
}

/// Not what the test server's sockets are: blocking, and open across exec.
UniqueFd listening(const net::SocketAddress& address) {
  const UniqueFd fd = value_of(net::listen(address, {}));
  UniqueFd plain(::dup(fd.get()));
  REQUIRE(::fcntl(plain.get(), F_SETFL, 0) == 0);
  return plain;
}

TEST_CASE("Server: sockets that listen already are served, and their files stay (V-22)") {
  const ScratchFolder folder;
  const std::string file = folder.file("given");
  {
    const auto server = value_of(server::Server::create(workers(1)));
    const auto local = server->listen(listening(address_of("unix:" + file)));
    const auto tcp = server->listen(listening(address_of("127.0.0.1:0")));
    REQUIRE(local);
    REQUIRE(tcp);
    CHECK(local->to_string() == "unix:" + file);
    CHECK(tcp->port() != 0);
    REQUIRE(server->start());
    CHECK(is_answered(*local));
    CHECK(is_answered(*tcp));
  }
  CHECK(exists(file));
}

TEST_CASE("Server: what doesn't listen is refused and closed (V-22)") {
  const auto server = value_of(server::Server::create(workers(1)));
  const FdCount fds;
  Pair pair = unix_pair();
  const auto refused = server->listen(std::move(pair.ours));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().scope == ErrorScope::kUsage);
  CHECK(refused.error().detail.find("doesn't listen") != std::string::npos);
  pair.theirs.reset();
  CHECK(fds.grown_by() == 0);
}

TEST_CASE(
    "Server: for a monitor's guests it listens beside the monitor's socket, and takes the file away (V-17)") {
  const ScratchFolder folder;
  const std::string monitor = folder.file("vm.sock");
  {
    const auto server = value_of(server::Server::create(workers(1)));
    const auto bound = server->listen(value_of(net::Address::parse("hvsock:" + monitor + ":5000")));
    REQUIRE(bound);
    CHECK(bound->front().to_string() == "hvsock:" + monitor + ":5000");
    CHECK(exists(monitor + "_5000"));
    CHECK_FALSE(exists(monitor));
    REQUIRE(server->start());
    CHECK(is_answered(address_of("unix:" + monitor + "_5000")));
  }
  CHECK_FALSE(exists(monitor + "_5000"));
}

TEST_CASE("Server: a name that is too long with the port behind it is refused (V-17)") {
  const auto server = value_of(server::Server::create(workers(1)));
  const std::string longest(107, 'p');
  const auto bound = server->listen(value_of(net::Address::parse("hvsock:" + longest + ":1")));
  REQUIRE_FALSE(bound);
  CHECK(bound.error().code == ENAMETOOLONG);
}

}  // namespace
}  // namespace hawser::test
