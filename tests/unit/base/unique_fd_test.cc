#include "hawser/base/unique_fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include <utility>

namespace hawser {
namespace {

int new_fd() { return ::eventfd(0, EFD_CLOEXEC); }
bool is_valid(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST_CASE("UniqueFd: the default owns nothing") {
  const UniqueFd none;
  CHECK_FALSE(none.is_open());
  CHECK(none.get() == -1);
}

TEST_CASE("UniqueFd: descriptor 0 is an open one") {
  UniqueFd zero(0);
  CHECK(zero.is_open());
  CHECK(zero.release() == 0);
}

TEST_CASE("UniqueFd: the descriptor is closed with its owner") {
  const int number = new_fd();
  {
    const UniqueFd fd(number);
    CHECK(fd.get() == number);
    CHECK(is_valid(number));
  }
  CHECK_FALSE(is_valid(number));
}

TEST_CASE("UniqueFd: reset closes once") {
  UniqueFd fd(new_fd());
  const int number = fd.get();
  fd.reset();
  CHECK_FALSE(is_valid(number));
  CHECK_FALSE(fd.is_open());
  fd.reset();
}

TEST_CASE("UniqueFd: a released descriptor stays open") {
  UniqueFd fd(new_fd());
  const UniqueFd taken(fd.release());
  CHECK_FALSE(fd.is_open());
  CHECK(is_valid(taken.get()));
}

TEST_CASE("UniqueFd: moving hands the descriptor over and closes the one that was held") {
  UniqueFd first(new_fd());
  UniqueFd second(new_fd());
  const int kept = first.get();
  const int closed = second.get();
  second = std::move(first);
  CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): the point
  CHECK(second.get() == kept);
  CHECK_FALSE(is_valid(closed));
  const UniqueFd third(std::move(second));
  CHECK_FALSE(second.is_open());  // NOLINT(bugprone-use-after-move): the point
  CHECK(third.get() == kept);
  CHECK(is_valid(kept));
}

TEST_CASE("UniqueFd: moving onto itself keeps the descriptor") {
  UniqueFd fd(new_fd());
  UniqueFd& same = fd;
  fd = std::move(same);
  CHECK(is_valid(fd.get()));
}

}  // namespace
}  // namespace hawser
