#include "src/hardening/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

bool is_dumpable() { return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1; }

}  // namespace

TEST_CASE("process: it dumps no core, gains no privileges and makes files for itself alone") {
  REQUIRE(is_dumpable());
  const mode_t before = ::umask(022);
  REQUIRE(hardening::harden_process({.allow_profiling = true}));
  CHECK(is_dumpable());
  CHECK(::umask(before) == 077);
  rlimit core{1, 1};
  REQUIRE(::getrlimit(RLIMIT_CORE, &core) == 0);
  CHECK(core.rlim_cur == 0);
  CHECK(core.rlim_max == 0);
  CHECK(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

TEST_CASE("process: nobody else of its user can read its memory, unless it is to be profiled") {
  const mode_t before = ::umask(022);
  REQUIRE(hardening::harden_process({}));
  const bool dumpable = is_dumpable();
  // Sanitizers look for leaks in the way of a debugger.
  REQUIRE(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
  CHECK_FALSE(dumpable);
  ::umask(before);
}

}  // namespace hawser::test
