#include "tools/profile/timeline.h"

#include <algorithm>
#include <numeric>

namespace hawser::profile {

SparseHistogram::SparseHistogram(const Histogram& histogram) {
  const auto counts = histogram.buckets();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) buckets_.push_back({static_cast<std::uint32_t>(i), counts[i]});
  }
}

void SparseHistogram::merge(const SparseHistogram& other) {
  std::vector<Bucket> merged;
  merged.reserve(buckets_.size() + other.buckets_.size());
  std::merge(buckets_.begin(), buckets_.end(), other.buckets_.begin(), other.buckets_.end(),
             std::back_inserter(merged), [](const Bucket& a, const Bucket& b) { return a.index < b.index; });
  buckets_.clear();
  for (const Bucket& bucket : merged) {
    if (!buckets_.empty() && buckets_.back().index == bucket.index) {
      buckets_.back().count += bucket.count;
    } else {
      buckets_.push_back(bucket);
    }
  }
}

void SparseHistogram::add_to(Histogram& histogram) const {
  for (const Bucket& bucket : buckets_) histogram.record_bucket(bucket.index, bucket.count);
}

std::uint64_t SparseHistogram::count() const {
  return std::accumulate(buckets_.begin(), buckets_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Bucket& bucket) { return sum + bucket.count; });
}

void Interval::merge(const Interval& other) {
  ok += other.ok;
  failed += other.failed;
  latency.merge(other.latency);
}

void Timeline::record(Instant at, Duration latency, bool ok) {
  if (at > start_) move_to(static_cast<std::size_t>((at - start_) / width_));
  has_current_ = true;
  if (!ok) {
    ++current_.failed;
    return;
  }
  ++current_.ok;
  if (counts_.empty()) counts_.resize(Histogram::kBuckets);
  const std::size_t bucket = Histogram::index_of(latency);
  if (counts_[bucket]++ == 0) touched_.push_back(static_cast<std::uint32_t>(bucket));
}

void Timeline::move_to(std::size_t index) {
  while (index > intervals_.size()) {
    if (has_current_) {
      freeze();
    } else {
      intervals_.emplace_back();
    }
    if (intervals_.size() < kMostIntervals) continue;
    double_width();
    index /= 2;
  }
}

// The interval that ran is complete: only the buckets that were touched are looked at.
void Timeline::freeze() {
  std::sort(touched_.begin(), touched_.end());
  std::vector<SparseHistogram::Bucket> buckets;
  buckets.reserve(touched_.size());
  for (const std::uint32_t bucket : touched_) {
    buckets.push_back({bucket, std::exchange(counts_[bucket], 0)});
  }
  touched_.clear();
  current_.latency = SparseHistogram(std::move(buckets));
  intervals_.push_back(std::exchange(current_, {}));
  has_current_ = false;
}

// With an odd number the last one is half of an interval; its other half is recorded into the next. So the
// number is even whenever this is called while recording (kMostIntervals).
void Timeline::double_width() {
  for (std::size_t i = 0; i < intervals_.size(); ++i) {
    if (i % 2 == 0) {
      if (i > 0) intervals_[i / 2] = std::move(intervals_[i]);
    } else {
      intervals_[i / 2].merge(intervals_[i]);
    }
  }
  intervals_.resize((intervals_.size() + 1) / 2);
  width_ *= 2;
}

void Timeline::close() {
  if (has_current_) freeze();
  counts_ = {};
}

void Timeline::merge(Timeline other) {
  while (width_ < other.width_) double_width();
  while (other.width_ < width_) other.double_width();
  if (intervals_.size() < other.intervals_.size()) intervals_.resize(other.intervals_.size());
  for (std::size_t i = 0; i < other.intervals_.size(); ++i) intervals_[i].merge(other.intervals_[i]);
}

}  // namespace hawser::profile
