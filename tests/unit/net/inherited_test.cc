#include "hawser/net/inherited.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "support/fd_count.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

constexpr int kFirst = 100;

/// Descriptors as a service manager hands them over: blocking, and open across exec.
struct Manager {
  Manager() { announce(std::to_string(::getpid()), "0"); }
  ~Manager() {
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  }
  void announce(const std::string& pid, const std::string& count) {
    ::setenv("LISTEN_PID", pid.c_str(), 1);
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    ::setenv("LISTEN_FDNAMES", "a:b", 1);
  }
  void pass(const UniqueFd& fd) {
    REQUIRE(::dup2(fd.get(), kFirst + passed) == kFirst + passed);
    REQUIRE(::fcntl(kFirst + passed, F_SETFL, 0) == 0);
    announce(std::to_string(::getpid()), std::to_string(++passed));
  }
  int passed = 0;
};

std::string refusal() {
  const auto refused = take_inherited_sockets(kFirst);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().scope == ErrorScope::kUsage);
  return refused.error().detail;
}

TEST_CASE_FIXTURE(Manager,
                  "inherited sockets: those that listen, in their order, ready for the loop (V-22)") {
  const test::ScratchFolder folder;
  const test::TcpListener tcp = test::tcp_listener();
  const UniqueFd local = test::value_of(listen(test::address_of("unix:" + folder.file("s")), {}));
  pass(tcp.fd);
  pass(local);
  const auto sockets = test::value_of(take_inherited_sockets(kFirst));
  REQUIRE(sockets.size() == 2);
  CHECK(sockets[0].address.to_string() == tcp.address.to_string());
  CHECK(sockets[1].address.to_string() == "unix:" + folder.file("s"));
  for (const InheritedSocket& socket : sockets) {
    CHECK((::fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(socket.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE_FIXTURE(Manager,
                  "inherited sockets: the variables are gone afterwards, and a child takes nothing (V-22)") {
  const test::TcpListener tcp = test::tcp_listener();
  pass(tcp.fd);
  CHECK(test::value_of(take_inherited_sockets(kFirst)).size() == 1);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) CHECK(::getenv(name) == nullptr);
  CHECK(test::value_of(take_inherited_sockets(kFirst)).empty());
}

TEST_CASE_FIXTURE(Manager, "inherited sockets: those of another process are left alone (V-22)") {
  const test::TcpListener tcp = test::tcp_listener();
  pass(tcp.fd);
  for (const std::string& pid : {std::to_string(::getppid()), std::string("x"), std::string()}) {
    announce(pid, "1");
    CHECK(test::value_of(take_inherited_sockets(kFirst)).empty());
  }
  CHECK(::close(kFirst) == 0);
}

TEST_CASE_FIXTURE(Manager, "inherited sockets: a count that is none is shown") {
  for (const std::string count : {"many", "-1", "1x", "", "1001"}) {
    announce(std::to_string(::getpid()), count);
    CHECK(refusal().find('"' + count + '"') != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Manager, "inherited sockets: what can't be served is named and closed (V-22)") {
  const test::FdCount fds;
  SUBCASE("a descriptor that isn't open") {
    announce(std::to_string(::getpid()), "1");
    CHECK(refusal() == "descriptor 100: it is no socket");
  }
  SUBCASE("a connected socket") {
    const test::Pair pair = test::unix_pair();
    pass(pair.ours);
    CHECK(refusal().find("doesn't listen") != std::string::npos);
  }
  SUBCASE("packets") {
    const test::Pair pair = test::unix_pair(SOCK_SEQPACKET);
    pass(pair.ours);
    CHECK(refusal().find("no stream socket") != std::string::npos);
  }
  CHECK(fds.grown_by() == 0);
}

TEST_CASE("check_connected: a connected stream socket, with its peer, ready for the loop (V-22)") {
  const test::TcpListener listener = test::tcp_listener();
  UniqueFd fd = test::value_of(start_connect(listener.address));
  REQUIRE(test::wait_for(fd.get(), POLLOUT));
  REQUIRE(::fcntl(fd.get(), F_SETFL, 0) == 0);
  const InheritedSocket socket = test::value_of(check_connected(std::move(fd)));
  CHECK(socket.address.to_string() == listener.address.to_string());
  CHECK((::fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  UniqueFd idle(::socket(AF_UNIX, SOCK_STREAM, 0));
  CHECK(check_connected(std::move(idle)).error().detail.find("isn't connected") != std::string::npos);
  CHECK_FALSE(check_connected(UniqueFd()));
}

}  // namespace
}  // namespace hawser::net
