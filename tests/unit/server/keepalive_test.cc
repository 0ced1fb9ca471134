#include "hawser/server/keepalive.h"

#include <doctest/doctest.h>

#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

using server::Keepalive;
using Due = Keepalive::Due;
using namespace std::chrono_literals;

TEST_CASE("Keepalive: a silent client is asked, and is dead when it stays silent (P-90)") {
  Keepalive keepalive(2h, 20s, kTestStart);
  CHECK(keepalive.next() == kTestStart + 2h);
  CHECK(keepalive.check(kTestStart + 2h - 1ns) == Due::kNothing);
  CHECK(keepalive.check(kTestStart + 2h) == Due::kPing);
  CHECK(keepalive.next() == kTestStart + 2h + 20s);
  CHECK(keepalive.check(kTestStart + 2h + 19s) == Due::kNothing);
  CHECK(keepalive.check(kTestStart + 2h + 20s) == Due::kDeath);
}

TEST_CASE("Keepalive: any byte is a sign of life (P-90)") {
  Keepalive keepalive(2h, 20s, kTestStart);
  CHECK(keepalive.check(kTestStart + 2h) == Due::kPing);
  keepalive.on_read(kTestStart + 2h + 19s);
  CHECK(keepalive.check(kTestStart + 2h + 20s) == Due::kNothing);
  CHECK(keepalive.next() == kTestStart + 4h + 19s);
}

TEST_CASE("Keepalive: never is never") {
  Keepalive keepalive(Duration::max(), 20s, kTestStart);
  CHECK(keepalive.next() == kNever);
}

}  // namespace
}  // namespace hawser::test
