#include "hawser/interceptors/token_bucket.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using interceptors::Rate;
using interceptors::TokenBucket;
using namespace std::chrono_literals;

constexpr Instant kStart{1h};

}  // namespace

TEST_CASE("TokenBucket: a burst, then so many a second, and no more than the burst is kept") {
  const Rate rate{.per_second = 10, .burst = 2};
  TokenBucket bucket(rate, kStart);
  for (int i = 0; i < 2; ++i) {
    CHECK(bucket.wait_for(rate, kStart) == Duration::zero());
    bucket.take();
  }
  CHECK(bucket.wait_for(rate, kStart) == 100ms + 1ns);
  CHECK(bucket.wait_for(rate, kStart + 60ms) == 40ms + 1ns);
  CHECK(bucket.wait_for(rate, kStart + 50ms) == 40ms + 1ns);  // a clock of another thread, a little behind
  CHECK(bucket.wait_for(rate, kStart + 101ms) == Duration::zero());
  bucket.take();
  int kept = 0;
  while (bucket.wait_for(rate, kStart + 1h) == Duration::zero()) {
    bucket.take();
    ++kept;
  }
  CHECK(kept == 2);
}

TEST_CASE("TokenBucket: a slow rate says an hour at most, no rate is no limit") {
  const Rate slow{.per_second = 1e-9, .burst = 1};
  TokenBucket bucket(slow, kStart);
  bucket.take();
  CHECK(bucket.wait_for(slow, kStart) <= 1h + 1ns);
  const Rate none{};
  TokenBucket endless(none, kStart);
  for (int i = 0; i < 100; ++i) {
    CHECK(endless.wait_for(none, kStart) == Duration::zero());
    endless.take();
  }
}

}  // namespace hawser::test
