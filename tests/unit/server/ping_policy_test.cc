#include "hawser/server/ping_policy.h"

#include <doctest/doctest.h>

#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

using server::PingPolicy;
using namespace std::chrono_literals;

TEST_CASE("PingPolicy: two strikes are forgiven, the third is one too many (P-91)") {
  PingPolicy policy(5min, false);
  CHECK(policy.accept(kTestStart, true));
  CHECK(policy.accept(kTestStart + 1s, true));
  CHECK(policy.accept(kTestStart + 5min - 1ns, true));
  CHECK_FALSE(policy.accept(kTestStart + 5min - 1ns, true));
}

TEST_CASE("PingPolicy: the gap counts from the last PING that kept it (P-91)") {
  PingPolicy policy(5min, false);
  Instant now = kTestStart;
  for (int i = 0; i < 100; ++i, now += 5min) CHECK(policy.accept(now, true));
}

TEST_CASE("PingPolicy: without streams two hours are wanted, unless permitted otherwise (P-91)") {
  PingPolicy strict(5min, false);
  PingPolicy permissive(5min, true);
  Instant now = kTestStart;
  int strict_accepted = 0;
  for (int i = 0; i < 24; ++i, now += 5min) {
    if (strict.accept(now, false)) ++strict_accepted;
    CHECK(permissive.accept(now, false));
  }
  CHECK(strict_accepted == 3);
  CHECK(strict.accept(kTestStart + 2h, false));
}

TEST_CASE("PingPolicy: sending something forgives everything (P-91, P-92)") {
  PingPolicy policy(5min, false);
  for (int i = 0; i < 1000; ++i) {
    for (int ping = 0; ping < 3; ++ping) CHECK(policy.accept(kTestStart, true));
    policy.forgive();
  }
}

}  // namespace
}  // namespace hawser::test
