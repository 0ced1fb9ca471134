// Conditions under which a run fails: "p99>1ms", "errors>0.1%", "crypto.p50>=2ms", "throughput<1000".
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "tools/profile/result.h"

namespace hawser::profile {

class Gate final {
 public:
  /// Scope usage: what is wrong with the text, and what could be written.
  static Result<Gate> parse(std::string_view text);

  /// Why the run fails by it; empty: it doesn't. A percentile that the run has too few samples for fails,
  /// whatever it is: nobody knows. So does a service that the run doesn't have.
  std::string judge(const RunResult& run) const;
  /// It says how many errors there may be.
  bool is_of_errors() const { return metric_ == Metric::kErrors || metric_ == Metric::kErrorShare; }
  const std::string& text() const { return text_; }

 private:
  enum class Metric { kPercentile, kMin, kMean, kMax, kErrors, kErrorShare, kThroughput };
  enum class Comparison { kOver, kNotBelow, kBelow, kNotOver };

  Result<void> read_metric(std::string_view text);
  Result<void> read_limit(std::string_view text);
  std::string judge(const RunResult& run, const RunResult::Part& part) const;
  bool is_latency() const { return metric_ <= Metric::kMax; }
  double value_in(const RunResult& run, const RunResult::Part& part) const;
  std::string show(double value) const;

  std::string text_;
  std::string service_;  // empty: each
  Metric metric_ = Metric::kMax;
  double percent_ = 0;
  Comparison comparison_ = Comparison::kOver;
  double limit_ = 0;  // nanoseconds, a number, a share of 1, or calls a second
};

}  // namespace hawser::profile
