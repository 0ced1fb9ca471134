// Waiting for what another thread or process does, without guessing how long it takes.
#pragma once

#include <chrono>
#include <thread>

namespace hawser::test {

/// Asks until it is true. The limit only bounds a test that fails.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace hawser::test
