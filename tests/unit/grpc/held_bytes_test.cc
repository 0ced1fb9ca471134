#include "hawser/grpc/held_bytes.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using grpc::HeldBytes;

TEST_CASE("HeldBytes: below the limit every byte is credited as it comes") {
  HeldBytes held(100);
  CHECK(held.hold(60) == 60);
  CHECK(held.hold(40) == 40);
  CHECK(held.withheld() == 0);
  CHECK(held.release(100) == 0);
  CHECK(held.held() == 0);
}

TEST_CASE("HeldBytes: what is over the limit is credited when it falls below it, whoever was read") {
  HeldBytes held(100);
  CHECK(held.hold(90) == 90);
  CHECK(held.hold(50) == 10);
  CHECK(held.hold(5) == 0);
  CHECK(held.withheld() == 45);
  CHECK(held.release(20) == 20);
  CHECK(held.release(90) == 25);
  CHECK(held.withheld() == 0);
  CHECK(held.release(35) == 0);
  CHECK(held.held() == 0);
}

TEST_CASE("HeldBytes: without a limit's worth of room nothing is credited at once") {
  HeldBytes held(0);
  CHECK(held.hold(10) == 0);
  CHECK(held.release(4) == 4);
  CHECK(held.release(6) == 6);
}

}  // namespace
}  // namespace hawser::test
