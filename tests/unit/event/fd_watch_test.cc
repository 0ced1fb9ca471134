#include "hawser/event/fd_watch.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::event {
namespace {

struct Watched {
  Watched(Loop& loop, int fd) : watch(loop, fd, FdWatch::Callback::bind<&Watched::on_ready>(*this)) {}
  void on_ready(Readiness readiness) {
    ++calls;
    last = readiness;
    if (more) more();
  }

  int calls = 0;
  Readiness last;
  std::function<void()> more;
  FdWatch watch;
};

struct Fixture {
  std::unique_ptr<Loop> loop = test::make_loop();
  test::Pair pair = test::unix_pair();
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(Fixture, "FdWatch: a fresh socket is reported writable once") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  CHECK(watched.calls == 1);
  CHECK(watched.last.writable);
  CHECK_FALSE(watched.last.readable);
  CHECK_FALSE(watched.last.hangup);
  CHECK_FALSE(watched.last.error);
  turn();
  CHECK(watched.calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: each arrival is one edge, whether it was read or not") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  test::write_some(pair.theirs.get(), "one");
  turn();
  CHECK(watched.calls == 2);
  CHECK(watched.last.readable);
  turn();
  CHECK(watched.calls == 2);
  test::write_some(pair.theirs.get(), "two");
  turn();
  CHECK(watched.calls == 3);
  CHECK(test::read_some(pair.ours.get()).bytes == "onetwo");
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: data that was there before the start is reported") {
  test::write_some(pair.theirs.get(), "early");
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  CHECK(watched.last.readable);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: a full socket that gets room again is a writable edge") {
  const auto bytes = test::pattern(1 << 20);
  test::write_some(pair.ours.get(), bytes);
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  CHECK(watched.calls == 0);
  test::read_some(pair.theirs.get());
  turn();
  CHECK(watched.calls == 1);
  CHECK(watched.last.writable);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: the peer's half close is readable and a hang-up") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  net::shut_down_writing(pair.theirs.get());
  turn();
  CHECK(watched.last.readable);
  CHECK(watched.last.hangup);
}

TEST_CASE_FIXTURE(Fixture,
                  "FdWatch: a closed peer makes the socket readable and writable, so that either finds out") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  turn();
  pair.theirs.reset();
  turn();
  CHECK(watched.last.readable);
  CHECK(watched.last.writable);
  CHECK(watched.last.hangup);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: reading only means no writable calls") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start_reading().has_value());
  turn();
  CHECK(watched.calls == 0);
  test::write_some(pair.theirs.get(), "x");
  turn();
  CHECK(watched.calls == 1);
  CHECK(watched.last.readable);
  CHECK_FALSE(watched.last.writable);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: reading only still tells a hang-up from data") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start_reading().has_value());
  test::write_some(pair.theirs.get(), "x");
  net::shut_down_writing(pair.theirs.get());
  turn();
  CHECK(watched.last.readable);
  CHECK(watched.last.hangup);
}

TEST_CASE_FIXTURE(Fixture,
                  "FdWatch: writing may be added later, and room that is there already is reported") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start_reading().has_value());
  turn();
  CHECK(watched.calls == 0);
  REQUIRE(watched.watch.start_writing().has_value());
  turn();
  CHECK(watched.calls == 1);
  CHECK(watched.last.writable);
  REQUIRE(watched.watch.start_writing().has_value());  // again: no new registration, no new edge
  turn();
  CHECK(watched.calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: after stop no callback comes, and it may be started again") {
  Watched watched(*loop, pair.ours.get());
  REQUIRE(watched.watch.start().has_value());
  test::write_some(pair.theirs.get(), "x");
  watched.watch.stop();
  watched.watch.stop();
  turn();
  CHECK(watched.calls == 0);
  REQUIRE(watched.watch.start().has_value());
  turn();
  CHECK(watched.calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: what can't be watched is an error with its errno") {
  Watched closed(*loop, 1 << 20);
  const Result<void> bad = closed.watch.start();
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().scope == ErrorScope::kIo);
  CHECK(bad.error().code == EBADF);

  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  Watched regular(*loop, file.get());
  const Result<void> refused = regular.watch.start();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == EPERM);  // epoll_ctl(2): a regular file has no readiness
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: a callback may destroy a neighbour that is ready in the same turn") {
  const test::Pair other = test::unix_pair();
  auto first = std::make_unique<Watched>(*loop, pair.ours.get());
  auto second = std::make_unique<Watched>(*loop, other.ours.get());
  REQUIRE(first->watch.start().has_value());
  REQUIRE(second->watch.start().has_value());
  int calls = 0;
  first->more = [&] {
    ++calls;
    second.reset();
  };
  second->more = [&] {
    ++calls;
    first.reset();
  };
  turn();
  CHECK(calls == 1);
  CHECK((first == nullptr) != (second == nullptr));
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: a callback may stop a neighbour that is ready in the same turn") {
  const test::Pair other = test::unix_pair();
  Watched first(*loop, pair.ours.get());
  Watched second(*loop, other.ours.get());
  REQUIRE(first.watch.start().has_value());
  REQUIRE(second.watch.start().has_value());
  first.more = [&] { second.watch.stop(); };
  second.more = [&] { first.watch.stop(); };
  turn();
  CHECK(first.calls + second.calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "FdWatch: a callback may destroy its own watch") {
  std::unique_ptr<FdWatch> watch;
  test::Callable<Readiness> destroy{[&](Readiness) { watch.reset(); }};
  watch = std::make_unique<FdWatch>(*loop, pair.ours.get(), destroy.delegate());
  REQUIRE(watch->start().has_value());
  turn();
  CHECK(watch == nullptr);
  test::write_some(pair.theirs.get(), "x");
  turn();
}

TEST_CASE("FdWatch: more ready descriptors than one wait reports are all served") {
  constexpr std::size_t kCount = 600;
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur > kCount + 50);
  const auto loop = test::make_loop();
  std::vector<UniqueFd> fds;
  std::vector<std::unique_ptr<Watched>> watches;
  for (std::size_t i = 0; i < kCount; ++i) {
    fds.emplace_back(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    watches.push_back(std::make_unique<Watched>(*loop, fds.back().get()));
    REQUIRE(watches.back()->watch.start_reading().has_value());
  }
  test::run_ready(*loop);
  CHECK(std::all_of(watches.begin(), watches.end(), [](const auto& watch) { return watch->calls == 1; }));
}

}  // namespace
}  // namespace hawser::event
