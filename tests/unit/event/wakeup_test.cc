#include "hawser/event/wakeup.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>

#include "support/sockets.h"

namespace hawser::event {
namespace {

TEST_CASE("Wakeup: a signal makes the descriptor readable") {
  const auto wakeup = test::value_of(Wakeup::create());
  CHECK_FALSE(test::wait_for(wakeup->fd(), POLLIN, 0));
  wakeup->signal();
  CHECK(test::wait_for(wakeup->fd(), POLLIN, 0));
}

TEST_CASE("Wakeup: every signal is a new edge though nobody reads") {
  const auto wakeup = test::value_of(Wakeup::create());
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  REQUIRE(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wakeup->fd(), &event) == 0);
  for (int i = 0; i < 3; ++i) {
    wakeup->signal();
    wakeup->signal();
    CHECK(::epoll_wait(epoll.get(), &event, 1, 0) == 1);
    CHECK(::epoll_wait(epoll.get(), &event, 1, 0) == 0);
  }
}

TEST_CASE("Wakeup: signalling leaves errno alone, for signal handlers") {
  const auto wakeup = test::value_of(Wakeup::create());
  errno = EDOM;
  wakeup->signal();
  CHECK(errno == EDOM);
}

}  // namespace
}  // namespace hawser::event
