#include "hawser/event/loop.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::event {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Callable;

struct LoopFixture {
  std::unique_ptr<Loop> loop = test::make_loop();
  std::string log;
  Callable<> note_a{[this] { log += 'a'; }};
  Callable<> note_b{[this] { log += 'b'; }};
  Task a{note_a.delegate()};
  Task b{note_b.delegate()};
  void turn() { loop->run_once(Duration::zero()); }
};

TEST_CASE_FIXTURE(LoopFixture, "Loop: posted tasks run in order, in the next turn, once") {
  loop->post(b);
  loop->post(a);
  CHECK(log.empty());
  turn();
  CHECK(log == "ba");
  turn();
  CHECK(log == "ba");
}

TEST_CASE_FIXTURE(LoopFixture,
                  "Loop: posting a queued task again does nothing, after it ran it may be posted anew") {
  loop->post(a);
  loop->post(a);
  turn();
  CHECK(log == "a");
  loop->post(a);
  turn();
  CHECK(log == "aa");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: a task that posts itself runs once a turn, and no turn waits for it") {
  note_a.function = [this] {
    log += 'a';
    loop->post(a);
  };
  loop->post(a);
  for (int i = 0; i < 3; ++i) loop->run_once(Loop::kForever);
  CHECK(log == "aaa");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: a task may be destroyed by its own callback") {
  std::unique_ptr<Task> task;
  Callable<> destroy{[&] { task.reset(); }};
  task = std::make_unique<Task>(destroy.delegate());
  loop->post(*task);
  turn();
  CHECK(task == nullptr);
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: functions can be posted too, and post more functions") {
  loop->post([this] {
    log += '1';
    loop->post([this] { log += '3'; });
  });
  loop->post([this] { log += '2'; });
  loop->run_once(Loop::kForever);
  CHECK(log == "12");
  loop->run_once(Loop::kForever);
  CHECK(log == "123");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: a turn without work waits as long as it was told, not for ever") {
  const Instant start = Clock::now();
  loop->run_once(milliseconds(10));
  CHECK(Clock::now() - start >= milliseconds(9));
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: a fraction of a millisecond is waited for, not spun away") {
  const Instant start = Clock::now();
  loop->run_once(std::chrono::microseconds(100));
  CHECK(Clock::now() - start >= std::chrono::microseconds(100));
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: an armed timer bounds the wait") {
  Timer timer(*loop, note_a.delegate());
  timer.arm(loop->refresh_now() + milliseconds(3));
  loop->run_once(seconds(60));
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: busy polling ends when the wait or a timer does") {
  loop->set_busy_poll(seconds(60));
  const Instant start = Clock::now();
  loop->run_once(milliseconds(2));
  CHECK(Clock::now() - start >= milliseconds(2));
  Timer timer(*loop, note_a.delegate());
  timer.arm(loop->now() + milliseconds(2));
  while (log.empty()) loop->run_once(Loop::kForever);
  CHECK(Clock::now() - start < seconds(30));
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: busy polling sees a descriptor that is ready") {
  loop->set_busy_poll(seconds(60));
  auto pair = test::unix_pair();
  Callable<Readiness> on_ready{[this](Readiness readiness) { log += readiness.readable ? 'r' : '-'; }};
  FdWatch watch(*loop, pair.ours.get(), on_ready.delegate());
  REQUIRE(watch.start_reading());
  turn();
  log.clear();
  REQUIRE(::write(pair.theirs.get(), "x", 1) == 1);
  loop->run_once(Loop::kForever);
  CHECK(log == "r");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: a timer far in the future is no overflow") {
  Timer timer(*loop, note_a.delegate());
  timer.arm(kNever - std::chrono::nanoseconds(1));
  loop->post(b);
  loop->run_once(Loop::kForever);
  CHECK(log == "b");
  loop->run_once(-seconds(1));
  CHECK(log == "b");
}

TEST_CASE_FIXTURE(LoopFixture,
                  "Loop: the steps of a turn: next turn, ready descriptors, timers, tasks, flush, reap") {
  const test::Pair pair = test::unix_pair();
  Callable<Readiness> on_ready{[this](Readiness) { log += 'r'; }};
  FdWatch watch(*loop, pair.ours.get(), on_ready.delegate());
  REQUIRE(watch.start().has_value());
  const auto note = [this](char name) { return Callable<>{[this, name] { log += name; }}; };
  Callable<> next = note('n'), due = note('t'), flush = note('f'), reap = note('x');
  TurnHook next_hook(*loop, TurnHook::When::kNextTurn, next.delegate());
  TurnHook flush_hook(*loop, TurnHook::When::kFlush, flush.delegate());
  TurnHook reap_hook(*loop, TurnHook::When::kReap, reap.delegate());
  Timer timer(*loop, due.delegate());
  reap_hook.schedule();
  flush_hook.schedule();
  loop->post(a);
  timer.arm(loop->now());
  next_hook.schedule();
  turn();
  CHECK(log == "nrtafx");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: the clock stands still inside a turn until it is asked for") {
  turn();
  const Instant first = loop->now();
  while (Clock::now() <= first) {
  }
  CHECK(loop->now() == first);
  CHECK(loop->refresh_now() > first);
  CHECK(loop->now() > first);
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: turns are counted") {
  const std::uint64_t before = loop->turn();
  turn();
  turn();
  CHECK(loop->turn() == before + 2);
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: the scratch is as large as promised") {
  CHECK(loop->scratch().size() == Loop::kScratchBytes);
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: stop ends run after the current turn") {
  note_a.function = [this] {
    log += 'a';
    loop->stop();
    loop->post(b);
  };
  loop->post(a);
  loop->run();
  CHECK(log == "ab");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: stop before run makes it return, with the tasks that were posted") {
  loop->post(a);
  loop->stop();
  loop->stop();
  loop->run();
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: what the last tasks want flushed is flushed before run returns") {
  TurnHook flush(*loop, TurnHook::When::kFlush, note_b.delegate());
  note_a.function = [&] {
    log += 'a';
    flush.schedule();
  };
  loop->post(a);
  loop->stop();
  loop->run();
  CHECK(log == "ab");
}

TEST_CASE_FIXTURE(LoopFixture, "Loop: it can run again after it was stopped") {
  loop->stop();
  loop->run();
  loop->post([this] {
    log += "again";
    loop->stop();
  });
  loop->run();
  CHECK(log == "again");
}

TEST_CASE("Loop: it can be destroyed with tasks and functions queued and hooks scheduled") {
  auto held = std::make_shared<int>(1);
  Callable<> never{[] { FAIL("a task of a destroyed loop ran"); }};
  Task task(never.delegate());
  auto loop = test::make_loop();
  TurnHook hook(*loop, TurnHook::When::kFlush, never.delegate());
  hook.schedule();
  {
    Task dead(never.delegate());
    loop->post(dead);  // destroyed while it is queued: allowed when the loop doesn't turn any more
    loop->post(task);
  }
  loop->post([held] { FAIL("a function of a destroyed loop ran"); });
  loop.reset();
  CHECK(held.use_count() == 1);
  CHECK_FALSE(hook.is_scheduled());
}

TEST_CASE("Loop: a queued function may post from its destructor while the loop is destroyed") {
  struct PostsLater {
    explicit PostsLater(Loop& target) : loop(&target) {}
    ~PostsLater() {
      loop->post([] {});
    }
    Loop* loop;
  };
  auto loop = test::make_loop();
  loop->post([held = std::make_shared<PostsLater>(*loop)] { static_cast<void>(held); });
  loop.reset();
}

}  // namespace
}  // namespace hawser::event
