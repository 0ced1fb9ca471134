// How many calls a second are wanted, over the time of a run: phases one after the other, each at a constant
// rate or on a ramp from one rate to another.
//
//   1000:10s               1000 calls a second for 10 s
//   1000:10s,2000:10s      a step
//   1000..5000:30s         a ramp
//
// A schedule gives every call its time: the n-th call is due when the rates have added up to n.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"

namespace hawser::profile {

struct Phase {
  double from = 0;  ///< Calls a second at its beginning,
  double to = 0;    ///< and at its end.
  Duration length{};

  double calls() const;
};

class Schedule final {
 public:
  Schedule() = default;
  explicit Schedule(std::vector<Phase> phases) : phases_(std::move(phases)) {}

  /// Scope usage, with the part that is wrong.
  static Result<Schedule> parse(std::string_view text);

  const std::vector<Phase>& phases() const { return phases_; }
  bool empty() const { return phases_.empty(); }
  Duration length() const;
  /// All calls that fall into it; the fraction is one that would have come after its end.
  double calls() const;
  /// The same with the first phase's first rate for so long in front.
  Schedule after_warmup(Duration warmup) const;
  /// As parse() reads it.
  std::string text() const;

 private:
  std::vector<Phase> phases_;
};

/// "1000", "0.5" or "250000": calls a second, above zero where `least` is. Scope usage.
Result<double> parse_rate(std::string_view text, double least);

/// Walks through a schedule; positions must not fall.
class ScheduleWalk final {
 public:
  /// `schedule` outlives it.
  explicit ScheduleWalk(const Schedule& schedule) : schedule_(schedule) {}

  /// When the call at `position` (0 is the first) is due, from the schedule's begin; nullopt: after its end.
  std::optional<Duration> time_of(double position);

 private:
  const Schedule& schedule_;
  std::size_t phase_ = 0;
  double calls_before_ = 0;
  Duration time_before_{};
};

}  // namespace hawser::profile
