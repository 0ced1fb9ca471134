#include "hawser/server/connection_limiter.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hawser::test {
namespace {

using server::ConnectionLimiter;

TEST_CASE("ConnectionLimiter: counts connections in all") {
  ConnectionLimiter limiter(2, 100);
  CHECK(limiter.open("a"));
  CHECK(limiter.open("b"));
  CHECK_FALSE(limiter.open("c"));
  CHECK(limiter.open_connections() == 2);
  limiter.close("a");
  CHECK(limiter.open("c"));
  CHECK_FALSE(limiter.open("a"));
}

TEST_CASE("ConnectionLimiter: counts connections by peer") {
  ConnectionLimiter limiter(100, 2);
  CHECK(limiter.open("a"));
  CHECK(limiter.open("a"));
  CHECK_FALSE(limiter.open("a"));
  CHECK(limiter.open("b"));
  CHECK(limiter.open_connections() == 3);
  limiter.close("a");
  CHECK(limiter.open("a"));
}

TEST_CASE("ConnectionLimiter: peers without a key count in all only") {
  ConnectionLimiter limiter(3, 1);
  CHECK(limiter.open(""));
  CHECK(limiter.open(""));
  CHECK(limiter.open(""));
  CHECK_FALSE(limiter.open(""));
  limiter.close("");
  CHECK(limiter.open_connections() == 2);
}

TEST_CASE("ConnectionLimiter: a refused connection leaves no trace") {
  ConnectionLimiter none(10, 0);
  CHECK_FALSE(none.open("a"));
  CHECK(none.open_connections() == 0);
  CHECK(none.open(""));
  ConnectionLimiter full(1, 1);
  CHECK(full.open("a"));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(full.open("peer" + std::to_string(i)));
  full.close("a");
  CHECK(full.open_connections() == 0);
  CHECK(full.open("a"));
}

TEST_CASE("ConnectionLimiter: any thread may ask") {
  ConnectionLimiter limiter(10, 5);
  std::atomic<int> most{0};
  std::atomic<int> now{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, key = std::string(1, static_cast<char>('a' + t % 2))] {
      for (int i = 0; i < 2000; ++i) {
        if (!limiter.open(key)) continue;
        const int count = ++now;
        int seen = most.load();
        while (count > seen && !most.compare_exchange_weak(seen, count)) {
        }
        --now;
        limiter.close(key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most.load() <= 10);
  CHECK(limiter.open_connections() == 0);
}

}  // namespace
}  // namespace hawser::test
