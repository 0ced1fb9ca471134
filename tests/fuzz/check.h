// Invariants of fuzz targets: a broken one stops the process, which both libFuzzer and the replay see.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hawser::test {

inline void fuzz_check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz invariant broken: %s\n", what);
  std::abort();
}

}  // namespace hawser::test
