// The numbers of both servers beside each other, and their ratios.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tools/profile/stock/result.h"

namespace hawser::profile {

/// What is compared.
struct StockMetric {
  const char* name;  ///< "server CPU, us/call"
  const char* key;   ///< Of JSON: "server_cpu_us_per_call"
  const char* gate;  ///< Of --fail-if: "cpu"
  int digits;        ///< After the point, for people.
  double percent;    ///< Of a latency; below zero: it is none.
  /// None: it isn't known.
  std::optional<double> (*value)(const StockSample& sample, double percent);

  /// A sample has the calls for it.
  bool is_supported_by(const StockSample& sample) const;
};
/// In the order in which they are shown.
std::span<const StockMetric> stock_metrics();

/// The least and the greatest.
struct Extremes {
  double least = 0;
  double greatest = 0;
};

/// One metric of both servers under one load.
struct StockRatio {
  const StockMetric* metric = nullptr;
  std::array<std::optional<double>, kServers> values;  ///< Of all rounds as one.
  std::array<bool, kServers> is_supported{};           ///< False: a percentile with too few calls.
  /// Hawser's to stock's: the median of the rounds' ratios, each of neighbours. Where a round alone has too
  /// few calls for the percentile, it is the ratio of the values, and has no range.
  std::optional<double> ratio;
  std::optional<Extremes> range;  ///< Of the rounds' ratios; none of a single round.

  bool is_sure() const { return is_supported[kStock] && is_supported[kHawser]; }
};
std::vector<StockRatio> ratios_of(const StockLoad& load);

/// Of an even number the mean of the two in the middle; `values` has one at least.
double median(std::vector<double> values);

}  // namespace hawser::profile
