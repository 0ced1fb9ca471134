#include "hawser/client/backoff.h"

#include <doctest/doctest.h>

#include "support/seed.h"

namespace hawser::test {
namespace {

using client::Backoff;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::uint32_t seed() { return static_cast<std::uint32_t>(seeded_generator(0xBACC)()); }

TEST_CASE("Backoff: without jitter, 1 s, times 1.6, up to 120 s (P-95)") {
  Backoff backoff({.jitter = 0}, seed());
  CHECK(backoff.next() == seconds(1));
  CHECK(backoff.next() == milliseconds(1600));
  CHECK(backoff.next() == milliseconds(2560));
  for (int i = 0; i < 20; ++i) backoff.next();
  CHECK(backoff.next() == seconds(120));
  CHECK(backoff.next() == seconds(120));
}

TEST_CASE("Backoff: reset begins again") {
  Backoff backoff({.jitter = 0}, seed());
  backoff.next();
  backoff.next();
  backoff.reset();
  CHECK(backoff.next() == seconds(1));
}

TEST_CASE("Backoff: jitter stays within its share, and varies") {
  Duration least = Duration::max();
  Duration most{};
  Backoff backoff({}, seed());
  for (int i = 0; i < 1000; ++i) {
    backoff.reset();
    const Duration delay = backoff.next();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= milliseconds(800));
  CHECK(most <= milliseconds(1200));
  CHECK(least < milliseconds(850));
  CHECK(most > milliseconds(1150));
}

TEST_CASE("Backoff: the delay is jittered, its growth is not") {
  Backoff backoff({.initial = milliseconds(100), .multiplier = 2, .max = milliseconds(800), .jitter = 0.5},
                  seed());
  Duration expected = milliseconds(100);
  for (int i = 0; i < 6; ++i) {
    const Duration delay = backoff.next();
    CHECK(delay >= expected / 2);
    CHECK(delay <= expected * 3 / 2);
    expected = std::min<Duration>(expected * 2, milliseconds(800));
  }
}

}  // namespace
}  // namespace hawser::test
