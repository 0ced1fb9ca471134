#include "src/hardening/memory_lock.h"

#include <sys/resource.h>

#include <doctest/doctest.h>

namespace hawser::test {

TEST_CASE("memory lock: a page can be locked, and again, so nothing stays locked") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  if (limit.rlim_cur < 64 * 1024) return;  // a machine where nobody can
  for (int i = 0; i < 1000; ++i) CHECK(hardening::try_to_lock(32 * 1024));
}

TEST_CASE("memory lock: what can't be locked is an error that says what the limit is") {
  const auto locked = hardening::try_to_lock(std::size_t{1} << 62);
  REQUIRE_FALSE(locked);
  CHECK(locked.error().scope == ErrorScope::kIo);
  CHECK(locked.error().detail.find("memory") != std::string::npos);
}

}  // namespace hawser::test
