#include "tools/profile/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hawser::profile {
namespace {

constexpr int kLinearBits = 11;  // the first octaves, one bucket a value
constexpr std::size_t kLinear = std::size_t{1} << kLinearBits;
constexpr std::size_t kPerOctave = kLinear / 2;
constexpr int kHighestBits = 42;  // values below 2^42
constexpr std::size_t kBuckets = kLinear + kPerOctave * (kHighestBits - kLinearBits);

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

std::size_t Histogram::index_of(std::uint64_t nanoseconds) {
  if (nanoseconds < kLinear) return nanoseconds;
  const int shift =
      static_cast<int>(std::bit_width(nanoseconds)) - kLinearBits;  // leaves 11 bits, the highest of them set
  const std::size_t octave = static_cast<std::size_t>(shift) - 1;
  return kLinear + octave * kPerOctave + ((nanoseconds >> shift) - kPerOctave);
}

std::uint64_t Histogram::upper_end(std::size_t index) {
  if (index < kLinear) return index;
  const std::size_t octave = (index - kLinear) / kPerOctave;
  const std::size_t place = (index - kLinear) % kPerOctave + kPerOctave;
  return ((place + 1) << (octave + 1)) - 1;
}

void Histogram::record(Duration value) {
  const Duration duration = std::max(value, Duration{});
  const Duration kept = std::min(duration, kLongest);
  ++buckets_[index_of(static_cast<std::uint64_t>(kept.count()))];
  ++count_;
  sum_ += static_cast<double>(duration.count());
  min_ = std::min(min_, duration);
  max_ = std::max(max_, duration);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Duration Histogram::mean() const {
  if (count_ == 0) return {};
  return Duration(std::llround(sum_ / static_cast<double>(count_)));
}

Duration Histogram::percentile(double percent) const {
  if (count_ == 0) return {};
  // A little less, so that 99.9 % of 2000 is the 1998th, and not the next for a bit that binary fractions
  // add.
  const double share = percent / 100 * static_cast<double>(count_) * (1 - 1e-12);
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share)), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen < rank) continue;
    return std::clamp(Duration(static_cast<std::int64_t>(upper_end(i))), min_, max_);
  }
  return max_;
}

}  // namespace hawser::profile
