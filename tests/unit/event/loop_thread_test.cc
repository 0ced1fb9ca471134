// Everything of a loop that other threads may touch. Run under the thread sanitizer, too.
#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "hawser/event/loop.h"
#include "support/loops.h"

namespace hawser::event {
namespace {

using test::Callable;

TEST_CASE("Loop: it belongs to its creator, while it runs to the thread that runs it") {
  const auto loop = test::make_loop();
  CHECK(loop->is_loop_thread());
  bool inside = false;
  std::thread runner([&] { loop->run(); });
  std::atomic<bool> creator_owns{true};
  loop->post([&] {
    inside = loop->is_loop_thread();
    creator_owns = false;
    loop->stop();
  });
  while (creator_owns) std::this_thread::yield();
  runner.join();
  CHECK(inside);
  CHECK(loop->is_loop_thread());
}

TEST_CASE("Loop: a post wakes a loop that waits for ever") {
  const auto loop = test::make_loop();
  std::thread poster([&] { loop->post([&] { loop->stop(); }); });
  loop->run();
  poster.join();
}

TEST_CASE("Loop: posts and stop reach a loop that polls busily, whether it spins or sleeps") {
  const auto loop = test::make_loop();
  loop->set_busy_poll(std::chrono::microseconds(200));
  std::atomic<int> ran{0};
  std::thread poster([&] {
    // Some come while it spins, some after it has gone to sleep: each waits for the one before.
    for (int post = 0; post < 200; ++post) {
      loop->post([&] { ++ran; });
      while (ran <= post) std::this_thread::yield();
    }
    loop->stop();
  });
  loop->run();
  poster.join();
  CHECK(ran == 200);
}

TEST_CASE("Loop: stop wakes a loop that waits for ever") {
  const auto loop = test::make_loop();
  std::thread stopper([&] { loop->stop(); });
  loop->run();
  stopper.join();
}

TEST_CASE("Loop: tasks that were posted before stop have run when run returns") {
  for (int round = 0; round < 200; ++round) {
    const auto loop = test::make_loop();
    int ran = 0;
    Callable<> count{[&] { ++ran; }};
    Task task(count.delegate());
    std::thread other([&] {
      loop->post(task);
      loop->post([&] { ++ran; });
      loop->stop();
    });
    loop->run();
    CHECK(ran == 2);
    other.join();
  }
}

TEST_CASE("Loop: one task bounces between two loops without a lost wake-up") {
  constexpr int kRounds = 2000;
  const auto here = test::make_loop();
  const auto there = test::make_loop();
  std::atomic<int> rounds{0};
  Callable<> ping, pong;
  Task to_there(pong.delegate());
  Task to_here(ping.delegate());
  ping.function = [&] {
    if (++rounds == kRounds) return here->stop();
    there->post(to_there);
  };
  pong.function = [&] { here->post(to_here); };
  std::thread runner([&] { there->run(); });
  here->post(to_here);
  here->run();
  there->stop();
  runner.join();
  CHECK(rounds == kRounds);
}

TEST_CASE("Loop: many threads post at once and nothing is lost") {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  const auto loop = test::make_loop();
  int functions = 0;
  std::atomic<int> tasks_run{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Callable<> count{[&] { ++tasks_run; }};
      Task task(count.delegate());
      for (int post = 0; post < kPosts; ++post) {
        loop->post([&] { ++functions; });
        const int before = tasks_run;
        loop->post(task);
        while (post % 100 == 0 && tasks_run == before) std::this_thread::yield();
      }
      // The task must have run before it dies: posts run in order, tasks before functions.
      std::atomic<bool> done{false};
      loop->post([&] { done = true; });
      while (!done) std::this_thread::yield();
      if (++finished == kThreads) loop->stop();
    });
  }
  loop->run();
  for (std::thread& thread : threads) thread.join();
  CHECK(functions == kThreads * kPosts);
  CHECK(tasks_run >= kThreads * kPosts / 100);
}

TEST_CASE("Loop: a signal that interrupts the wait is no error") {
  struct sigaction action {};
  struct sigaction old {};
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGALRM, &action, &old) == 0);
  const auto loop = test::make_loop();
  std::atomic<bool> over{false};
  const pthread_t self = ::pthread_self();
  std::thread disturber([&] {
    while (!over) {
      ::pthread_kill(self, SIGALRM);
      std::this_thread::yield();
    }
  });
  int turns = 0;
  Callable<> due{[] {}};
  Timer timer(*loop, due.delegate());
  timer.arm(loop->refresh_now() + std::chrono::milliseconds(20));
  while (timer.is_armed()) {
    loop->run_once(Loop::kForever);
    ++turns;
  }
  over = true;
  disturber.join();
  CHECK(turns >= 1);
  ::sigaction(SIGALRM, &old, nullptr);
}

}  // namespace
}  // namespace hawser::event
