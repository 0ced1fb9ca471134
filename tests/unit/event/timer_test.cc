#include "hawser/event/timer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/loops.h"
#include "support/seed.h"

namespace hawser::event {
namespace {

using std::chrono::milliseconds;
using test::Callable;

constexpr Instant at(int ms) { return Instant(milliseconds(1000000 + ms)); }

/// A timer that writes its name down when it runs.
struct Named {
  Named(TimerQueue& queue, std::string& log, char name_of_it)
      : trace(log), name(name_of_it), timer(queue, run.delegate()) {}

  std::string& trace;
  char name;
  std::function<void()> more;
  Callable<> run{[this] {
    trace += name;
    if (more) more();
  }};
  Timer timer;
};

TEST_CASE("Timer: it runs once when it is due, not before") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a');
  a.timer.arm(at(10));
  CHECK(a.timer.is_armed());
  CHECK(queue.next_expiry() == at(10));
  queue.run_due(at(9));
  CHECK(log.empty());
  queue.run_due(at(10));
  CHECK(log == "a");
  CHECK_FALSE(a.timer.is_armed());
  CHECK(a.timer.expiry() == kNever);
  queue.run_due(at(1000));
  CHECK(log == "a");
}

TEST_CASE("Timer: an empty queue never expires") {
  TimerQueue queue;
  CHECK(queue.next_expiry() == kNever);
  queue.run_due(at(0));
}

TEST_CASE("Timer: due timers run earliest first") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a'), b(queue, log, 'b'), c(queue, log, 'c'), d(queue, log, 'd');
  c.timer.arm(at(30));
  a.timer.arm(at(10));
  d.timer.arm(at(40));
  b.timer.arm(at(20));
  queue.run_due(at(30));
  CHECK(log == "abc");
  CHECK(queue.next_expiry() == at(40));
}

TEST_CASE("Timer: arming again replaces the earlier arming, in both directions") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a'), b(queue, log, 'b');
  a.timer.arm(at(10));
  b.timer.arm(at(20));
  a.timer.arm(at(30));
  CHECK(a.timer.expiry() == at(30));
  CHECK(queue.next_expiry() == at(20));
  queue.run_due(at(25));
  CHECK(log == "b");
  a.timer.arm(at(5));
  CHECK(queue.next_expiry() == at(5));
  queue.run_due(at(26));
  CHECK(log == "ba");
}

TEST_CASE("Timer: never disarms") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a');
  a.timer.arm(at(10));
  a.timer.arm(kNever);
  CHECK_FALSE(a.timer.is_armed());
  queue.run_due(kNever);
  CHECK(log.empty());
  a.timer.disarm();
}

TEST_CASE("Timer: a destroyed timer doesn't run") {
  TimerQueue queue;
  std::string log;
  {
    Named a(queue, log, 'a');
    a.timer.arm(at(1));
  }
  CHECK(queue.next_expiry() == kNever);
  queue.run_due(at(2));
  CHECK(log.empty());
}

TEST_CASE("Timer: one that arms itself for a due instant runs in the next call") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a');
  a.more = [&] {
    CHECK_FALSE(a.timer.is_armed());
    a.timer.arm(at(0));
  };
  a.timer.arm(at(10));
  queue.run_due(at(10));
  CHECK(log == "a");
  CHECK(a.timer.is_armed());
  queue.run_due(at(10));
  CHECK(log == "aa");
}

TEST_CASE("Timer: a callback can disarm, move or destroy a neighbour that is due as well") {
  TimerQueue queue;
  std::string log;
  Named a(queue, log, 'a'), b(queue, log, 'b'), c(queue, log, 'c');
  auto d = std::make_unique<Named>(queue, log, 'd');
  a.timer.arm(at(1));
  b.timer.arm(at(2));
  c.timer.arm(at(3));
  d->timer.arm(at(4));
  a.more = [&] {
    CHECK(b.timer.is_armed());
    b.timer.disarm();
    CHECK_FALSE(b.timer.is_armed());
    c.timer.arm(at(3));  // armed anew: in the next call
    d.reset();
  };
  queue.run_due(at(10));
  CHECK(log == "a");
  CHECK(queue.next_expiry() == at(3));
  queue.run_due(at(10));
  CHECK(log == "ac");
}

TEST_CASE("Timer: a callback may destroy its own timer") {
  TimerQueue queue;
  std::string log;
  auto a = std::make_unique<Named>(queue, log, 'a');
  Named b(queue, log, 'b');
  a->timer.arm(at(1));
  b.timer.arm(at(2));
  // The callable lives in the object that dies: move it out of the way first.
  std::function<void()> destroy = [&] { a.reset(); };
  Callable<> destroy_a{destroy};
  Timer timer(queue, destroy_a.delegate());
  timer.arm(at(0));
  queue.run_due(at(5));
  CHECK(a == nullptr);
  CHECK(log == "b");

  auto own = std::unique_ptr<Timer>();
  Callable<> free_own{[&] { own.reset(); }};
  own = std::make_unique<Timer>(queue, free_own.delegate());
  own->arm(at(1));
  queue.run_due(at(5));
  CHECK(own == nullptr);
}

TEST_CASE("Timer: a timer of a loop runs in a turn, and the loop waits for it no longer than needed") {
  const auto loop = test::make_loop();
  int runs = 0;
  Callable<> count{[&] { ++runs; }};
  Timer timer(*loop, count.delegate());
  const Instant due = loop->refresh_now() + milliseconds(5);
  timer.arm(due);
  REQUIRE(test::run_until(*loop, [&] { return runs > 0; }));
  CHECK(runs == 1);
  CHECK(loop->now() >= due);
}

TEST_CASE("Timer: thousands of random operations agree with a sorted map") {
  std::mt19937_64 random = test::seeded_generator(1);
  TimerQueue queue;
  std::vector<std::unique_ptr<Callable<>>> callables;
  std::vector<std::unique_ptr<Timer>> timers;
  std::map<std::size_t, Instant> model;
  std::vector<std::size_t> ran;
  for (std::size_t i = 0; i < 64; ++i) {
    callables.push_back(std::make_unique<Callable<>>(Callable<>{[&ran, i] { ran.push_back(i); }}));
    timers.push_back(std::make_unique<Timer>(queue, callables.back()->delegate()));
  }
  int now = 0;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t which = random() % timers.size();
    switch (random() % 4) {
      case 0:
      case 1: {
        const Instant expiry = at(now + static_cast<int>(random() % 100));
        timers[which]->arm(expiry);
        model[which] = expiry;
        break;
      }
      case 2:
        timers[which]->disarm();
        model.erase(which);
        break;
      default: {
        now += static_cast<int>(random() % 20);
        ran.clear();
        queue.run_due(at(now));
        Instant previous{};
        for (const std::size_t index : ran) {
          REQUIRE(model.contains(index));
          REQUIRE(model[index] <= at(now));
          REQUIRE(model[index] >= previous);
          previous = model[index];
          model.erase(index);
        }
      }
    }
    Instant earliest = kNever;
    for (const auto& [index, expiry] : model) earliest = std::min(earliest, expiry);
    REQUIRE(queue.next_expiry() == earliest);
  }
}

}  // namespace
}  // namespace hawser::event
