// What a job of a class will cost, learnt from those that ran: a moving average of wall-clock time, since
// that is what whoever waits behind it waits for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "hawser/base/clock.h"

namespace hawser::lanes {

/// Any thread.
class CostModel final {
 public:
  explicit CostModel(std::span<const Duration> first_guesses);

  /// Precondition of both: `cost_class` is below the number of guesses.
  Duration expected(std::size_t cost_class) const {
    return Duration(costs_[cost_class].load(std::memory_order_relaxed));
  }
  /// One job that took far longer than its like (its thread was interrupted) is not believed in full.
  void learn(std::size_t cost_class, Duration took);

 private:
  std::unique_ptr<std::atomic<std::int64_t>[]> costs_;  // nanoseconds
};

}  // namespace hawser::lanes
