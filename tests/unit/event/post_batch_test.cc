#include "hawser/event/post_batch.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "hawser/event/loop.h"
#include "support/eventually.h"
#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::event {
namespace {

using test::Callable;

SharedWake sleeper() {
  auto wake = LoopWake::create(test::value_of(Wakeup::create()));
  wake->begin_sleep();
  return wake;
}

/// How often: an eventfd counts.
std::uint64_t wake_ups(const LoopWake& wake) {
  std::uint64_t count = 0;
  const bool has_any = ::read(wake.fd(), &count, sizeof count) == sizeof count;
  return has_any ? count : 0;
}

bool was_woken(const LoopWake& wake) { return test::wait_for(wake.fd(), POLLIN, 0); }

TEST_CASE("LoopWake: who finds it asleep wakes it, the first one alone") {
  const auto wake = LoopWake::create(test::value_of(Wakeup::create()));
  wake->wake_if_asleep();
  CHECK_FALSE(was_woken(*wake));
  wake->begin_sleep();
  wake->wake_if_asleep();
  wake->wake_if_asleep();
  CHECK(wake_ups(*wake) == 1);
}

TEST_CASE("PostBatch: a thread without one wakes by itself") { CHECK_FALSE(PostBatch::put_off(sleeper())); }

TEST_CASE("PostBatch: flush wakes, and nothing before it") {
  const auto wake = sleeper();
  PostBatch batch;
  CHECK_FALSE(batch.is_pending());
  REQUIRE(PostBatch::put_off(wake));
  REQUIRE(PostBatch::put_off(wake));
  CHECK(batch.is_pending());
  CHECK_FALSE(was_woken(*wake));
  batch.flush();
  CHECK(was_woken(*wake));
  CHECK_FALSE(batch.is_pending());
}

TEST_CASE("PostBatch: its end wakes, too, also when the loop has gone") {
  const auto wake = sleeper();
  {
    PostBatch batch;
    REQUIRE(PostBatch::put_off(sleeper()));  // which nobody else holds
    REQUIRE(PostBatch::put_off(wake));
    CHECK_FALSE(was_woken(*wake));
  }
  CHECK(was_woken(*wake));
  CHECK_FALSE(PostBatch::put_off(wake));
}

TEST_CASE("PostBatch: a post to another loop wakes the one before") {
  const auto first = sleeper();
  const auto second = sleeper();
  PostBatch batch;
  REQUIRE(PostBatch::put_off(first));
  REQUIRE(PostBatch::put_off(second));
  CHECK(was_woken(*first));
  CHECK_FALSE(was_woken(*second));
}

TEST_CASE("PostBatch: a post of another thread wakes a loop that one has put off") {
  const auto loop = test::make_loop();
  std::thread runner([&] { loop->run(); });
  std::atomic<int> ran{0};
  Callable<> first{[&] { ++ran; }};
  Callable<> second{[&] { ++ran; }};
  for (int round = 1; round <= 100; ++round) {
    Task put_off(first.delegate());
    Task plain(second.delegate());
    PostBatch batch;
    loop->post(put_off);
    std::thread([&] { loop->post(plain); }).join();
    // Without a flush of this thread's.
    REQUIRE(test::eventually([&] { return ran == 2 * round; }));
  }
  loop->stop();
  runner.join();
}

TEST_CASE("PostBatch: what is posted to a running loop arrives, flushed or found") {
  const auto loop = test::make_loop();
  std::thread runner([&] { loop->run(); });
  std::atomic<int> ran{0};
  Callable<> count{[&] { ++ran; }};
  PostBatch batch;
  for (int post = 0; post < 1'000; ++post) {
    Task task(count.delegate());
    loop->post(task);
    if (post % 3 != 0) std::this_thread::yield();
    batch.flush();
    while (ran <= post) std::this_thread::yield();
  }
  loop->stop();
  runner.join();
}

}  // namespace
}  // namespace hawser::event
