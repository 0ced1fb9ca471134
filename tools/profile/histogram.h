// Counts of durations in log-linear buckets: three significant digits from 1 ns to over an hour, in constant
// memory, recording in a few instructions. (HdrHistogram's layout, bucket for bucket, so that its encoding is
// a copy of the counts, see hdr_encoding.h; Debian has no C or C++ library of it.)
//
//   values below 2048 ns     a bucket each
//   [2^k, 2^(k+1)), k >= 11  1024 buckets each: a bucket is at most 0.1 % wide
//
// What is longer than kLongest counts as kLongest in the buckets; min, max and mean are exact.
//
// Empty, it has no buckets; the first value makes them all. One thread records; then they are merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hawser/base/clock.h"

namespace hawser::profile {

class Histogram final {
 public:
  /// About 73 minutes.
  static constexpr Duration kLongest = Duration((std::int64_t{1} << 42) - 1);

  /// Of the bucket that holds kLongest, and one more.
  static constexpr std::size_t kBuckets = 2048 + 1024 * (42 - 11);

  /// Negative durations count as zero.
  void record(Duration value);
  /// As a bucket of another histogram was; `index` below kBuckets. Min, max and mean are then only as exact
  /// as the bucket.
  void record_bucket(std::size_t index, std::uint64_t count);
  /// Sets what buckets can't tell: a histogram that was stored gets its own numbers back.
  void set_extremes(Duration min, Duration max, Duration mean);
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
  /// How many values lie in buckets above the one that holds `value`.
  std::uint64_t count_above(Duration value) const;

  /// Nothing, or kBuckets counts.
  std::span<const std::uint64_t> buckets() const { return buckets_; }
  static std::size_t index_of(Duration value);
  /// The longest duration that lies in the bucket.
  static Duration upper_end(std::size_t index);
  /// The shortest one.
  static Duration lower_end(std::size_t index);

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Duration min_ = Duration::max();
  Duration max_{};
};

}  // namespace hawser::profile
