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
    return Duration(classes_[cost_class].cost.load(std::memory_order_relaxed));
  }
  /// One job that took far longer than its like (its thread was interrupted) is not believed in full.
  void learn(std::size_t cost_class, Duration took);

  /// One of the class runs.
  void note_try(std::size_t cost_class, Instant now) {
    classes_[cost_class].tried.store(now, std::memory_order_relaxed);
  }
  /// It grew over the first guess, and none of the class has run for a while: what was a bad moment would
  /// keep all of them out, though only those that run can correct it.
  bool is_stale(std::size_t cost_class, Instant now) const;

 private:
  struct Class {
    std::atomic<std::int64_t> cost{0};  // nanoseconds
    std::int64_t first_guess = 0;
    std::atomic<Instant> tried{Instant{}};
  };
  std::unique_ptr<Class[]> classes_;
};

}  // namespace hawser::lanes
