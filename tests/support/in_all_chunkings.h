// Runs a test once for each way of cutting the peer's bytes; a failure names the way.
#pragma once

#include <doctest/doctest.h>

#include "support/chunking.h"

namespace hawser::test {

template <class Test>
void in_all_chunkings(Test test) {
  for (const Chunking& chunking : Chunking::all()) {
    CAPTURE(chunking.name());
    test(chunking);
  }
}

}  // namespace hawser::test
