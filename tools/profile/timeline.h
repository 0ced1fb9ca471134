// What happened when: calls and their latencies in intervals of equal length, in bounded memory. When there
// are too many intervals, each two become one, twice as long.
//
// One thread records; then timelines of the same start are merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "hawser/base/clock.h"
#include "tools/profile/histogram.h"

namespace hawser::profile {

/// The buckets of a histogram that hold anything.
class SparseHistogram final {
 public:
  struct Bucket {
    std::uint32_t index;
    std::uint64_t count;
  };

  SparseHistogram() = default;
  /// In order of their indices, each once.
  explicit SparseHistogram(std::vector<Bucket> buckets) : buckets_(std::move(buckets)) {}
  explicit SparseHistogram(const Histogram& histogram);

  void merge(const SparseHistogram& other);
  void add_to(Histogram& histogram) const;
  const std::vector<Bucket>& buckets() const { return buckets_; }
  std::uint64_t count() const;

 private:
  std::vector<Bucket> buckets_;
};

struct Interval {
  std::uint64_t ok = 0;  ///< By when they ended.
  std::uint64_t failed = 0;
  SparseHistogram latency;  ///< Of those with OK.

  void merge(const Interval& other);
};

class Timeline final {
 public:
  static constexpr std::size_t kMostIntervals = 600;

  Timeline() = default;
  Timeline(Instant start, Duration width) : start_(start), width_(width) {}
  /// As it was stored.
  Timeline(Duration width, std::vector<Interval> intervals)
      : width_(width), intervals_(std::move(intervals)) {}

  /// `at` doesn't fall; before the start it counts as the start.
  void record(Instant at, Duration latency, bool ok);
  /// No more records: the last interval is complete.
  void close();
  /// Both closed, of the same start, and of widths that are each the other's doubled some times.
  void merge(Timeline other);

  Duration width() const { return width_; }
  /// Complete ones.
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  void freeze();
  void move_to(std::size_t index);
  void double_width();

  Instant start_{};
  Duration width_ = std::chrono::seconds(1);
  std::vector<Interval> intervals_;

  // The interval that runs: number intervals_.size().
  Interval current_;
  std::vector<std::uint64_t> counts_;  // a count a bucket
  std::vector<std::uint32_t> touched_;
  bool has_current_ = false;
};

}  // namespace hawser::profile
