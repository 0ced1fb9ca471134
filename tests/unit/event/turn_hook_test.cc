#include "hawser/event/turn_hook.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "support/loops.h"

namespace hawser::event {
namespace {

using test::Callable;
using When = TurnHook::When;

struct Named {
  Named(Loop& loop, When when, std::string& log, char name_of_it)
      : trace(log), name(name_of_it), hook(loop, when, run.delegate()) {}

  std::string& trace;
  char name;
  std::function<void()> more;
  Callable<> run{[this] {
    trace += name;
    if (more) more();
  }};
  TurnHook hook;
};

struct Fixture {
  std::unique_ptr<Loop> loop = test::make_loop();
  std::string log;
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(Fixture, "TurnHook: a scheduled hook runs once") {
  Named a(*loop, When::kFlush, log, 'a');
  turn();
  CHECK(log.empty());
  a.hook.schedule();
  a.hook.schedule();
  CHECK(a.hook.is_scheduled());
  turn();
  CHECK(log == "a");
  CHECK_FALSE(a.hook.is_scheduled());
  turn();
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: the kinds run in the order next turn, flush, reap") {
  Named reap(*loop, When::kReap, log, 'r');
  Named flush(*loop, When::kFlush, log, 'f');
  Named next(*loop, When::kNextTurn, log, 'n');
  reap.hook.schedule();
  flush.hook.schedule();
  next.hook.schedule();
  turn();
  CHECK(log == "nfr");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: hooks of one kind run in the order they were scheduled") {
  Named a(*loop, When::kFlush, log, 'a'), b(*loop, When::kFlush, log, 'b'), c(*loop, When::kFlush, log, 'c');
  b.hook.schedule();
  c.hook.schedule();
  a.hook.schedule();
  turn();
  CHECK(log == "bca");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: a cancelled or destroyed hook doesn't run") {
  Named a(*loop, When::kFlush, log, 'a');
  {
    Named b(*loop, When::kFlush, log, 'b');
    a.hook.schedule();
    b.hook.schedule();
  }
  a.hook.cancel();
  a.hook.cancel();
  turn();
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "TurnHook: one that schedules itself runs once a turn, and the next turn doesn't wait") {
  for (const When when : {When::kNextTurn, When::kFlush, When::kReap}) {
    log.clear();
    Named a(*loop, when, log, 'a');
    a.more = [&] { a.hook.schedule(); };
    a.hook.schedule();
    loop->run_once(Loop::kForever);
    CHECK(log == "a");
    loop->run_once(Loop::kForever);
    CHECK(log == "aa");
  }
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: flush may schedule a reap for the same turn") {
  Named flush(*loop, When::kFlush, log, 'f');
  Named reap(*loop, When::kReap, log, 'r');
  flush.more = [&] { reap.hook.schedule(); };
  flush.hook.schedule();
  turn();
  CHECK(log == "fr");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: a next-turn hook scheduled in a turn never runs in the same one") {
  Named next(*loop, When::kNextTurn, log, 'n');
  Named flush(*loop, When::kFlush, log, 'f');
  Callable<> arm_next{[&] { next.hook.schedule(); }};
  Task task(arm_next.delegate());
  loop->post(task);
  flush.hook.schedule();
  turn();
  CHECK(log == "f");
  loop->run_once(Loop::kForever);
  CHECK(log == "fn");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: a hook may destroy or cancel a neighbour that waits behind it") {
  Named a(*loop, When::kReap, log, 'a');
  auto b = std::make_unique<Named>(*loop, When::kReap, log, 'b');
  Named c(*loop, When::kReap, log, 'c'), d(*loop, When::kReap, log, 'd');
  a.more = [&] {
    b.reset();
    c.hook.cancel();
  };
  a.hook.schedule();
  b->hook.schedule();
  c.hook.schedule();
  d.hook.schedule();
  turn();
  CHECK(log == "ad");
}

TEST_CASE_FIXTURE(Fixture, "TurnHook: a hook may destroy itself") {
  std::unique_ptr<TurnHook> hook;
  Callable<> destroy{[&] {
    hook.reset();
    log += 'x';
  }};
  hook = std::make_unique<TurnHook>(*loop, When::kReap, destroy.delegate());
  hook->schedule();
  turn();
  CHECK(log == "x");
  CHECK(hook == nullptr);
}

TEST_CASE_FIXTURE(Fixture,
                  "TurnHook: a flush scheduled by a task or a timer runs before the loop waits again") {
  Named flush(*loop, When::kFlush, log, 'f');
  Callable<> schedule{[&] { flush.hook.schedule(); }};
  Task task(schedule.delegate());
  Timer timer(*loop, schedule.delegate());
  loop->post(task);
  turn();
  CHECK(log == "f");
  timer.arm(loop->now());
  turn();
  CHECK(log == "ff");
}

}  // namespace
}  // namespace hawser::event
