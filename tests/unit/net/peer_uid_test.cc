#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hawser/net/socket.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

using test::value_of;

// A process of another user, where this one may make one. Connects, says who it is and waits to be let go.
[[noreturn]] void connect_as_other_user(const SocketAddress& address) {
  constexpr uid_t kOther = 54321;
  static_cast<void>(::setresuid(kOther, kOther, kOther));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(fd, address.data(), address.size()) != 0) ::_exit(1);
  const std::uint32_t uid = ::geteuid();
  if (::write(fd, &uid, sizeof uid) != ssize_t{sizeof uid}) ::_exit(2);
  char end;
  static_cast<void>(!::read(fd, &end, 1));
  ::_exit(0);
}

}  // namespace

TEST_CASE("peer_uid: of a UNIX socket it is the user that connected") {
  const test::ScratchFolder folder;
  const SocketAddress address = test::address_of("unix-abstract:" + folder.file("peer"));
  const UniqueFd listener = value_of(listen(address, {}));
  const pid_t child = ::fork();
  if (child == 0) connect_as_other_user(address);
  REQUIRE(child > 0);
  REQUIRE(test::wait_for(listener.get(), POLLIN));
  auto accepted = value_of(accept(listener.get()));
  REQUIRE(accepted);
  REQUIRE(test::wait_for(accepted->fd.get(), POLLIN));
  std::uint32_t said = 0;
  REQUIRE(::read(accepted->fd.get(), &said, sizeof said) == ssize_t{sizeof said});
  CHECK(peer_uid(accepted->fd.get(), Family::kUnix) == said);
  if (::geteuid() == 0) CHECK(said != 0);  // root can be somebody else, so it was tried
  accepted->fd.reset();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("peer_uid: other sockets have none, and a closed one neither") {
  const test::Pair pair = test::tcp_pair();
  CHECK_FALSE(peer_uid(pair.ours.get(), Family::kTcp));
  CHECK_FALSE(peer_uid(pair.ours.get(), Family::kVsock));
  CHECK_FALSE(peer_uid(-1, Family::kUnix));
}

}  // namespace hawser::net
