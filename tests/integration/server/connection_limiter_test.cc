#include "hawser/server/connection_limiter.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace hawser::test {

using server::ConnectionLimiter;

TEST_CASE("ConnectionLimiter: as many as the limit are let in") {
  ConnectionLimiter limiter(2, 10);
  CHECK(limiter.open("a"));
  CHECK(limiter.open("b"));
  CHECK_FALSE(limiter.open("c"));
  CHECK(limiter.open_connections() == 2);
  limiter.close("a");
  CHECK(limiter.open("c"));
}

TEST_CASE("ConnectionLimiter: each peer has its own limit") {
  ConnectionLimiter limiter(10, 2);
  CHECK(limiter.open("a"));
  CHECK(limiter.open("a"));
  CHECK_FALSE(limiter.open("a"));
  CHECK(limiter.open("b"));
  limiter.close("a");
  CHECK(limiter.open("a"));
  CHECK(limiter.open_connections() == 3);
}

TEST_CASE("ConnectionLimiter: peers without a key count in all only") {
  ConnectionLimiter limiter(5, 1);
  for (int i = 0; i < 5; ++i) CHECK(limiter.open(""));
  CHECK_FALSE(limiter.open(""));
  limiter.close("");
  CHECK(limiter.open_connections() == 4);
}

TEST_CASE("ConnectionLimiter: limits of zero let nobody in") {
  ConnectionLimiter none(0, 10);
  CHECK_FALSE(none.open(""));
  ConnectionLimiter no_peers(10, 0);
  CHECK_FALSE(no_peers.open("a"));
  CHECK(no_peers.open(""));
  CHECK(no_peers.open_connections() == 1);
}

TEST_CASE("ConnectionLimiter: threads that open and close leave the count at zero") {
  ConnectionLimiter limiter(6, 2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&limiter, i] {
      const std::string key(1, static_cast<char>('a' + i % 3));
      for (int round = 0; round < 2000; ++round) {
        if (limiter.open(key)) limiter.close(key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(limiter.open_connections() == 0);
  for (int i = 0; i < 2; ++i) CHECK(limiter.open("a"));
}

}  // namespace hawser::test
