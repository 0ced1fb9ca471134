#include "src/hardening/hardening.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

struct Warnings final : log::Sink {
  int count = 0;
  bool enabled(log::Level) const override { return true; }
  void write(log::Level level, std::string_view, std::initializer_list<log::Field>) override {
    if (level == log::Level::kWarning) ++count;
  }
};

}  // namespace

TEST_CASE("hardening: a process has a heap for its keys, and hears whether that is locked") {
  const mode_t before = ::umask(022);
  Warnings log;
  REQUIRE(hardening::harden({.process = {.allow_profiling = true}, .secure_heap_mib = 1}, log));
  CHECK(::umask(before) == 077);
  CHECK(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  CHECK(log.count <= 1);
  // There can't be another.
  CHECK_FALSE(hardening::harden({.process = {.allow_profiling = true}, .secure_heap_mib = 1}, log));
  ::umask(before);
}

}  // namespace hawser::test
