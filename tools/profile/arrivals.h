// When the calls of an open loop are due, one after the other. They follow from the schedule alone, never
// from what the server does: a call that can't be made in time keeps its place in the sequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "hawser/base/clock.h"
#include "tools/profile/schedule.h"

namespace hawser::profile {

enum class ArrivalKind {
  kConstant,  ///< At equal distances, as far as the schedule's rate is constant.
  kPoisson,   ///< At random and independent of each other, as many as the schedule says on average.
};

class Arrivals final {
 public:
  /// The share of thread `index` of `count`: with kConstant every count-th call; together they are the
  /// schedule. `schedule` outlives it. With the same seed, random arrivals are the same.
  Arrivals(const Schedule& schedule, ArrivalKind kind, Instant start, std::size_t index, std::size_t count,
           std::uint64_t seed = 1);

  /// When the next call is due; kNever: there is none any more.
  Instant next() const { return next_; }
  void advance();

 private:
  double step();
  void find();

  ScheduleWalk walk_;
  const ArrivalKind kind_;
  const Instant start_;
  const double count_;
  std::mt19937_64 random_;
  double position_;
  Instant next_ = kNever;
};

}  // namespace hawser::profile
