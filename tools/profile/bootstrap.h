// How far a run's numbers can be trusted: the bootstrap, by slices of the timeline.
//
// Calls that follow each other are alike (a stall hits many), so that counting each of them as evidence of
// its own would promise too much. Whole slices are drawn instead, with replacement, as many as there were;
// the numbers of such a drawn run vary as those of another run would, if slices are independent of each
// other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tools/profile/slices.h"

namespace hawser::profile {

/// A number, and between what it lies with 95 % confidence.
struct Range {
  double low = 0;
  double high = 0;

  bool has(double value) const { return low <= value && value <= high; }
};

/// The numbers of drawn runs, each as a multiple of what the whole timeline gives. Element `i` of each list
/// is of draw `i`.
struct Draws {
  std::vector<double> rate;  ///< Of successful calls.
  std::vector<double> mean;
  std::vector<std::vector<double>> percentiles;  ///< A list for each that was asked for.
};

/// With fewer slices that have a call, nothing is drawn.
inline constexpr std::size_t kLeastSlices = 10;
inline constexpr std::size_t kDraws = 1000;

/// The same for the same `seed`. Empty: too few slices.
std::optional<Draws> draw_runs(std::span<const Slice> timeline, std::span<const double> percents,
                               std::uint64_t seed);

/// What the middle 95 % of `draws` span, made wide enough to have `value`.
Range range_of(std::vector<double> draws, double value);
/// The same of the quotient of two independent numbers, draw by draw. None: `base` is zero in a draw.
std::optional<Range> range_of_ratio(std::span<const double> draws, std::span<const double> base,
                                    double ratio);

}  // namespace hawser::profile
