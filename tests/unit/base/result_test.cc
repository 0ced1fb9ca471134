#include "hawser/base/result.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace hawser {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0) return usage_error("an even number is needed");
  return number / 2;
}

TEST_CASE("Result: it holds a value or an error") {
  CHECK(half_of(8).value() == 4);
  const Result<int> odd = half_of(7);
  REQUIRE_FALSE(odd.has_value());
  CHECK(odd.error().scope == ErrorScope::kUsage);
  CHECK(odd.error().code == 0);
  CHECK(odd.error().detail == "an even number is needed");
}

TEST_CASE("Result: an io error carries errno and says what was done and why it failed") {
  const Result<void> failed = io_error(ECONNREFUSED, "connect to 127.0.0.1:1");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().scope == ErrorScope::kIo);
  CHECK(failed.error().code == ECONNREFUSED);
  CHECK(failed.error().detail == "connect to 127.0.0.1:1: Connection refused");
}

TEST_CASE("Result: unknown errno values have a text too") { CHECK_FALSE(errno_text(99999).empty()); }

}  // namespace
}  // namespace hawser
