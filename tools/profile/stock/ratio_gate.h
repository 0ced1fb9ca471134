// Conditions under which hawser-profile stock fails: "cpu.ratio>0.2", "p99.ratio>=1".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "tools/profile/stock/ratios.h"

namespace hawser::profile {

class RatioGate final {
 public:
  /// Scope usage: what is wrong with the text, and what could be written.
  static Result<RatioGate> parse(std::string_view text);

  /// Why it fails under the load of that title, whose numbers are `table`; empty: it doesn't. A ratio that
  /// isn't known, or rests on too few calls, fails, whatever it is.
  std::string judge(const std::string& title, std::span<const StockRatio> table) const;

 private:
  bool holds(double ratio) const;

  std::string text_;
  const StockMetric* metric_ = nullptr;
  bool is_over_ = false;  ///< '>' rather than '<'
  bool with_equal_ = false;
  double limit_ = 0;
};

}  // namespace hawser::profile
