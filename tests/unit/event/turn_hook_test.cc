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

struct TurnHookNamed {
  TurnHookNamed(Loop& loop, When when, std::string& log, char name_of_it)
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

struct TurnHookFixture {
  std::unique_ptr<Loop> loop = test::make_loop();
  std::string log;
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: a scheduled hook runs once") {
  TurnHookNamed a(*loop, When::kFlush, log, 'a');
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

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: the kinds run in the order next turn, flush, reap") {
  TurnHookNamed reap(*loop, When::kReap, log, 'r');
  TurnHookNamed flush(*loop, When::kFlush, log, 'f');
  TurnHookNamed next(*loop, When::kNextTurn, log, 'n');
  reap.hook.schedule();
  flush.hook.schedule();
  next.hook.schedule();
  turn();
  CHECK(log == "nfr");
}

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: hooks of one kind run in the order they were scheduled") {
  TurnHookNamed a(*loop, When::kFlush, log, 'a'), b(*loop, When::kFlush, log, 'b'),
      c(*loop, When::kFlush, log, 'c');
  b.hook.schedule();
  c.hook.schedule();
  a.hook.schedule();
  turn();
  CHECK(log == "bca");
}

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: a cancelled or destroyed hook doesn't run") {
  TurnHookNamed a(*loop, When::kFlush, log, 'a');
  {
    TurnHookNamed b(*loop, When::kFlush, log, 'b');
    a.hook.schedule();
    b.hook.schedule();
  }
  a.hook.cancel();
  a.hook.cancel();
  turn();
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(TurnHookFixture,
                  "TurnHook: one that schedules itself runs once a turn, and the next turn doesn't wait") {
  for (const When when : {When::kNextTurn, When::kFlush, When::kReap}) {
    log.clear();
    TurnHookNamed a(*loop, when, log, 'a');
    a.more = [&] { a.hook.schedule(); };
    a.hook.schedule();
    loop->run_once(Loop::kForever);
    CHECK(log == "a");
    loop->run_once(Loop::kForever);
    CHECK(log == "aa");
  }
}

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: flush may schedule a reap for the same turn") {
  TurnHookNamed flush(*loop, When::kFlush, log, 'f');
  TurnHookNamed reap(*loop, When::kReap, log, 'r');
  flush.more = [&] { reap.hook.schedule(); };
  flush.hook.schedule();
  turn();
  CHECK(log == "fr");
}

TEST_CASE_FIXTURE(TurnHookFixture,
                  "TurnHook: a next-turn hook scheduled in a turn never runs in the same one") {
  TurnHookNamed next(*loop, When::kNextTurn, log, 'n');
  TurnHookNamed flush(*loop, When::kFlush, log, 'f');
  Callable<> arm_next{[&] { next.hook.schedule(); }};
  Task task(arm_next.delegate());
  loop->post(task);
  flush.hook.schedule();
  turn();
  CHECK(log == "f");
  loop->run_once(Loop::kForever);
  CHECK(log == "fn");
}

TEST_CASE_FIXTURE(TurnHookFixture,
                  "TurnHook: a hook may destroy or cancel a neighbour that waits behind it") {
  TurnHookNamed a(*loop, When::kReap, log, 'a');
  auto b = std::make_unique<TurnHookNamed>(*loop, When::kReap, log, 'b');
  TurnHookNamed c(*loop, When::kReap, log, 'c'), d(*loop, When::kReap, log, 'd');
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

TEST_CASE_FIXTURE(TurnHookFixture, "TurnHook: a hook may destroy itself") {
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

TEST_CASE_FIXTURE(TurnHookFixture,
                  "TurnHook: a flush scheduled by a task or a timer runs before the loop waits again") {
  TurnHookNamed flush(*loop, When::kFlush, log, 'f');
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
