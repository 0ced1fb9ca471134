#include "src/crypto/stack_wipe.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace hawser::test {

TEST_CASE("Stack wipe: what callers have on the stack and in registers stays") {
  char mine[256];
  std::memset(mine, 'm', sizeof mine);
  double sum = 0.5;
  for (int i = 0; i < 10; ++i) {
    const crypto::StackWipe wipe;
    crypto::wipe_used_stack();
    sum += i;
  }
  CHECK(sum == 45.5);
  CHECK(std::string(mine, sizeof mine) == std::string(256, 'm'));
}

}  // namespace hawser::test
