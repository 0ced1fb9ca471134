#include "src/admin/task_thread.h"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <stop_token>

#include "support/eventually.h"

namespace hawser::test {
namespace {

using admin::Task;
using admin::TaskThread;
using std::chrono::milliseconds;

struct CountingTask final : Task {
  void run(const std::stop_token&) override { ++runs; }
  void give_up() override { ++given_up; }
  std::atomic<int> runs = 0;
  std::atomic<int> given_up = 0;
};

// Runs until it is let go or told to stop.
struct HeldTask final : Task {
  void run(const std::stop_token& stop) override {
    begun.count_down();
    const std::stop_callback told(stop, [this] {
      was_told = true;
      release();
    });
    let_go.wait();
    done = true;
  }
  void give_up() override {}
  void release() {
    if (!released.exchange(true)) let_go.count_down();
  }
  std::latch begun{1};
  std::latch let_go{1};
  std::atomic<bool> released = false;
  std::atomic<bool> was_told = false;
  std::atomic<bool> done = false;
};

}  // namespace

TEST_CASE("TaskThread: tasks run in turn, as many as may wait beside the one that runs") {
  HeldTask held;
  CountingTask task;
  TaskThread thread({"test", 0, 2, {}});
  REQUIRE(thread.post(held) == TaskThread::Posted::kYes);
  held.begun.wait();
  CHECK(thread.post(task) == TaskThread::Posted::kYes);
  CHECK(thread.post(task) == TaskThread::Posted::kYes);
  CHECK(thread.post(task) == TaskThread::Posted::kFull);
  CHECK(task.runs == 0);
  held.release();
  CHECK(eventually([&] { return task.runs == 2; }));
  CHECK(thread.post(task) == TaskThread::Posted::kYes);
  CHECK(eventually([&] { return task.runs == 3; }));
  CHECK_FALSE(held.was_told);
}

TEST_CASE("TaskThread: stopping gives up what waits, tells what runs, and takes nothing more") {
  HeldTask held;
  CountingTask task;
  TaskThread thread({"test", 0, 2, {}});
  REQUIRE(thread.post(held) == TaskThread::Posted::kYes);
  held.begun.wait();
  REQUIRE(thread.post(task) == TaskThread::Posted::kYes);
  thread.stop();
  CHECK(held.was_told);
  CHECK(held.done);
  CHECK(task.given_up == 1);
  CHECK(task.runs == 0);
  CHECK(thread.post(task) == TaskThread::Posted::kStopped);
  thread.stop();
  CHECK(task.given_up == 1);
}

TEST_CASE("TaskThread: what is between tasks comes at the start, after each, and when its time has passed") {
  std::atomic<int> between = 0;
  std::atomic<int> pause_ms = 60'000;
  CountingTask task;
  TaskThread thread({"test", 0, 2, [&](const std::stop_token&) {
                       ++between;
                       return milliseconds(pause_ms.load());
                     }});
  CHECK(eventually([&] { return between == 1; }));
  REQUIRE(thread.post(task) == TaskThread::Posted::kYes);
  CHECK(eventually([&] { return between == 2; }));
  CHECK(task.runs == 1);
  pause_ms = 1;
  REQUIRE(thread.post(task) == TaskThread::Posted::kYes);
  CHECK(eventually([&] { return between >= 5; }));
}

TEST_CASE("TaskThread: a nice thread is that alone, and no signal comes to it") {
  struct Asking final : Task {
    void run(const std::stop_token&) override {
      nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
      sigset_t blocked;
      ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      blocks_signals = ::sigismember(&blocked, SIGTERM) == 1 && ::sigismember(&blocked, SIGXFSZ) == 1;
      answered.count_down();
    }
    void give_up() override {}
    int nice = 0;
    bool blocks_signals = false;
    std::latch answered{1};
  } asking;
  const int before = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  TaskThread thread({"test", 19, 1, {}});
  REQUIRE(thread.post(asking) == TaskThread::Posted::kYes);
  asking.answered.wait();
  CHECK(asking.nice == 19);
  CHECK(asking.blocks_signals);
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())) == before);
}

}  // namespace hawser::test
