#include "src/lanes/lanes.h"

#include <doctest/doctest.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "support/eventually.h"
#include "unit/lanes/test_job.h"

namespace hawser::lanes {
namespace {

using test::eventually;
using test::fast;
using test::slow;
using test::TestJob;
using namespace std::chrono_literals;

// Counts how often a worker lets go of keys.
class CountingState final : public WorkerState {
 public:
  explicit CountingState(std::atomic<int>& count, std::atomic<int>& alive) : count_(count), alive_(alive) {
    ++alive_;
  }
  ~CountingState() override { --alive_; }
  void let_go_of_stale_keys() override { ++count_; }

 private:
  std::atomic<int>& count_;
  std::atomic<int>& alive_;
};

// A door that jobs wait at.
class Gate final {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [&] { return is_open_; });
  }
  int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
  int waiting_ = 0;
};

// Delays don't matter unless a test sets them.
LaneOptions patient(std::size_t workers) {
  LaneOptions options = test::lane_options(workers);
  options.max_fast_delay = options.max_slow_delay = 1h;
  options.max_jobs = 1'000'000;
  return options;
}

std::unique_ptr<Lanes> make_lanes(const LaneOptions& options) {
  auto lanes = Lanes::create(options, [](std::size_t) { return std::make_unique<test::NoState>(); });
  REQUIRE(lanes);
  return std::move(*lanes);
}

Instant fake_now;
Instant read_fake_clock() { return fake_now; }

}  // namespace

TEST_CASE("Lanes: every job of several submitting threads runs once") {
  for (const std::size_t workers : {1, 3}) {
    CAPTURE(workers);
    const auto lanes = make_lanes(patient(workers));
    constexpr int kThreads = 3;
    constexpr int kEach = 2000;
    std::array<std::deque<TestJob>, kThreads> jobs;
    std::vector<std::thread> threads;
    for (auto& mine : jobs) {
      mine.resize(kEach);
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i)
          CHECK(lanes->submit(mine[i], i % 3 == 0 ? slow() : fast()).accepted());
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(eventually([&] {
      const LaneStats stats = lanes->stats();
      return stats.of(Lane::kFast).executed + stats.of(Lane::kSlow).executed == kThreads * kEach;
    }));
    lanes->stop();
    for (auto& mine : jobs) {
      for (TestJob& job : mine) CHECK(job.runs + job.drops == 1);
    }
    CHECK(lanes->stats().of(Lane::kFast).jobs == 0);
    CHECK(lanes->stats().of(Lane::kFast).cost == 0us);
    CHECK(lanes->stats().busy_workers == 0);
  }
}

TEST_CASE("Lanes: a worker that sleeps is woken, again and again") {
  for (const Duration spin : {Duration{}, Duration{200us}}) {
    LaneOptions options = patient(2);
    options.spin = spin;
    const auto lanes = make_lanes(options);
    for (int i = 0; i < 300; ++i) {
      TestJob job;
      REQUIRE(lanes->submit(job, i % 2 == 0 ? fast() : slow()).accepted());
      REQUIRE(eventually([&] { return job.runs == 1; }));
    }
  }
}

TEST_CASE("Lanes: fast jobs run while slow ones hold every worker that they may") {
  const auto lanes = make_lanes(patient(3));
  Gate gate;
  std::deque<TestJob> slow_jobs(8);
  for (TestJob& job : slow_jobs) {
    job.on_run = [&] { gate.pass(); };
    REQUIRE(lanes->submit(job, slow()).accepted());
  }
  REQUIRE(eventually([&] { return gate.waiting() == 2; }));
  for (int i = 0; i < 100; ++i) {
    TestJob job;
    REQUIRE(lanes->submit(job, fast()).accepted());
    REQUIRE(eventually([&] { return job.runs == 1; }));
  }
  CHECK(gate.waiting() == 2);
  CHECK(eventually([&] { return lanes->stats().busy_workers == 2; }));
  gate.open();
  CHECK(eventually([&] { return lanes->stats().of(Lane::kSlow).executed == slow_jobs.size(); }));
  // Counts don't say that a job may go; this does.
  for (const TestJob& job : slow_jobs) REQUIRE(job.runs == 1);
}

TEST_CASE("Lanes: stopping drops what waits, waits for what runs, and ends the states") {
  std::atomic<int> let_go{0};
  std::atomic<int> alive{0};
  auto lanes =
      Lanes::create(patient(1), [&](std::size_t) { return std::make_unique<CountingState>(let_go, alive); });
  REQUIRE(lanes);
  CHECK(alive == 1);
  Gate gate;
  TestJob running;
  running.on_run = [&] { gate.pass(); };
  std::deque<TestJob> waiting(10);
  REQUIRE((*lanes)->submit(running, slow()).accepted());
  REQUIRE(eventually([&] { return gate.waiting() == 1; }));
  for (TestJob& job : waiting) REQUIRE((*lanes)->submit(job, slow()).accepted());
  // Stopping has begun when it refuses; what was accepted until then waits with the others.
  std::thread opener([&] {
    while ((*lanes)->submit(waiting.emplace_back(), slow()).refused != Reason::kStopped) {
    }
    waiting.pop_back();
    gate.open();
  });
  (*lanes)->stop();
  opener.join();
  CHECK(alive == 0);
  CHECK(running.runs == 1);
  for (TestJob& job : waiting) CHECK(job.dropped == Reason::kStopped);
  TestJob late;
  CHECK((*lanes)->submit(late, fast()).refused == Reason::kStopped);
  (*lanes)->let_go_of_stale_keys();  // there is nobody to wait for
}

TEST_CASE("Lanes: jobs that are offered while it stops are refused, run or dropped: none is lost") {
  for (int round = 0; round < 20; ++round) {
    const auto lanes = make_lanes(patient(2));
    std::array<std::deque<TestJob>, 2> jobs;
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (auto& mine : jobs) {
      mine.resize(500);
      threads.emplace_back([&] {
        for (TestJob& job : mine) {
          if (lanes->submit(job, fast()).accepted()) ++accepted;
        }
      });
    }
    lanes->stop();
    for (std::thread& thread : threads) thread.join();
    int ended = 0;
    for (auto& mine : jobs) {
      for (TestJob& job : mine) ended += job.runs + job.drops;
    }
    CHECK(ended == accepted);
  }
}

TEST_CASE("Lanes: letting go of keys waits until every worker has done so, the sleeping and the busy") {
  std::atomic<int> let_go{0};
  std::atomic<int> alive{0};
  auto lanes =
      Lanes::create(patient(3), [&](std::size_t) { return std::make_unique<CountingState>(let_go, alive); });
  REQUIRE(lanes);
  (*lanes)->let_go_of_stale_keys();
  CHECK(let_go == 3);

  Gate gate;
  TestJob busy;
  busy.on_run = [&] { gate.pass(); };
  REQUIRE((*lanes)->submit(busy, slow()).accepted());
  REQUIRE(eventually([&] { return gate.waiting() == 1; }));
  std::atomic<bool> returned{false};
  std::thread waiter([&] {
    (*lanes)->let_go_of_stale_keys();
    returned = true;
  });
  CHECK(eventually([&] { return let_go == 5; }));
  CHECK_FALSE(returned);
  gate.open();
  waiter.join();
  CHECK(let_go == 6);
}

TEST_CASE("Lanes: letting go and stopping at once end both") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> let_go{0};
    std::atomic<int> alive{0};
    auto lanes = Lanes::create(patient(2),
                               [&](std::size_t) { return std::make_unique<CountingState>(let_go, alive); });
    REQUIRE(lanes);
    std::thread waiter([&] { (*lanes)->let_go_of_stale_keys(); });
    (*lanes)->stop();
    waiter.join();
    CHECK(alive == 0);
  }
}

TEST_CASE("Lanes: by hand, with a clock of one's own") {
  fake_now = Instant(1h);
  LaneOptions options = test::lane_options(1);
  options.by_hand = true;
  options.now = &read_fake_clock;
  const auto lanes = make_lanes(options);
  CHECK_FALSE(lanes->run_one());
  TestJob first;
  TestJob second;
  REQUIRE(lanes->submit(first, fast(fake_now + 1ms)).accepted());
  REQUIRE(lanes->submit(second, fast()).accepted());
  fake_now += 2ms;
  CHECK(lanes->run_one());
  CHECK(first.dropped == Reason::kExpired);
  CHECK(second.runs == 1);
  CHECK_FALSE(lanes->run_one());
  CHECK(lanes->stats().of(Lane::kFast).executed == 1);
}

TEST_CASE("Lanes: there are so many workers and no more") {
  CHECK(make_lanes(patient(0))->workers() >= 1);
  LaneOptions options = patient(65);
  const auto refused = Lanes::create(options, [](std::size_t) { return std::make_unique<test::NoState>(); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().scope == ErrorScope::kUsage);
}

}  // namespace hawser::lanes
