// The knee: the highest rate at which a server keeps a bound such as p99<1ms.
//
// Rates are doubled until one breaks the bound, then the two last are halved between until they are close. A
// rate keeps the bound when the run had no failed call, the generator kept up, and the bound's percentile has
// the samples for it. A generator that lags ends the search upwards: it can't tell what lies beyond.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "tools/profile/result.h"

namespace hawser::profile {

/// "p99<1ms", "max<=10ms".
class LatencyBound final {
 public:
  /// Scope usage.
  static Result<LatencyBound> parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// 0 to 100; the latter for max.
  double percent() const { return percent_; }
  bool is_kept(const Histogram& latency) const;
  /// So long has a run at `rate` to be, at the least, that its percentile has the samples for it.
  Duration needed_time(double rate) const;

 private:
  std::string text_;
  double percent_ = 100;
  bool with_equal_ = false;
  Duration limit_{};
};

/// What became of a rate that was tried.
struct KneeStep {
  enum class Outcome { kKept, kBroken, kLagged };
  double rate = 0;
  Outcome outcome = Outcome::kBroken;
  Duration value{};    ///< The latency that is bound.
  std::string reason;  ///< Not kKept: for people.
};

struct KneeSearch {
  double start_rate = 100;
  double highest_rate = 1e7;
  double precision = 0.05;  ///< The two last rates differ by no more than this share.
};

struct Knee {
  double rate = 0;  ///< 0: not even the first one.
  bool is_limited_by_generator = false;
  std::vector<KneeStep> steps;  ///< In the order in which they were tried.
};

/// Judges the run at `rate`.
KneeStep judge_step(double rate, const LatencyBound& bound, const RunResult& run);

/// `try_rate` makes a run. Ends with the first error.
Result<Knee> find_knee(const KneeSearch& search,
                       const std::function<Result<KneeStep>(double rate)>& try_rate);

/// A line for each step, and the knee.
std::string text_knee(const LatencyBound& bound, const Knee& knee);
std::string json_knee(const LatencyBound& bound, const Knee& knee);

}  // namespace hawser::profile
