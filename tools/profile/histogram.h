// Counts of durations in log-linear buckets: three significant digits from 1 ns to over an hour, in constant
// memory, recording in a few instructions. (HdrHistogram's layout; Debian has no C++ library of it.)
//
//   values below 2048 ns     a bucket each
//   [2^k, 2^(k+1)), k >= 11  1024 buckets each: a bucket is at most 0.1 % wide
//
// What is longer than kLongest counts as kLongest in the buckets; min, max and mean are exact.
#pragma once

#include <cstdint>
#include <vector>

#include "hawser/base/clock.h"

namespace hawser::profile {

class Histogram final {
 public:
  /// About 73 minutes.
  static constexpr Duration kLongest = Duration((std::int64_t{1} << 42) - 1);

  Histogram();

  /// Negative durations count as zero.
  void record(Duration value);
  /// Adds what the other one holds.
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // Zero while empty.
  Duration min() const { return count_ == 0 ? Duration{} : min_; }
  Duration max() const { return max_; }
  Duration mean() const;
  /// The smallest recorded value that `percent` of all don't exceed, as the upper end of its bucket; 100
  /// gives max(). `percent` from 0 to 100.
  Duration percentile(double percent) const;

 private:
  static std::size_t index_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_end(std::size_t index);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Duration min_ = Duration::max();
  Duration max_{};
};

}  // namespace hawser::profile
