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
static_assert(Histogram::kBuckets == kLinear + kPerOctave * (kHighestBits - kLinearBits));
static_assert(Histogram::kLongest.count() == (std::int64_t{1} << kHighestBits) - 1);

}  // namespace

std::size_t Histogram::index_of(Duration value) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::clamp(value, Duration{}, kLongest).count());
  if (nanoseconds < kLinear) return nanoseconds;
  const int shift =
      static_cast<int>(std::bit_width(nanoseconds)) - kLinearBits;  // leaves 11 bits, the highest of them set
  const std::size_t octave = static_cast<std::size_t>(shift) - 1;
  return kLinear + octave * kPerOctave + ((nanoseconds >> shift) - kPerOctave);
}

Duration Histogram::upper_end(std::size_t index) {
  if (index < kLinear) return Duration(static_cast<std::int64_t>(index));
  const std::size_t octave = (index - kLinear) / kPerOctave;
  const std::size_t place = (index - kLinear) % kPerOctave + kPerOctave;
  return Duration(static_cast<std::int64_t>(((place + 1) << (octave + 1)) - 1));
}

Duration Histogram::lower_end(std::size_t index) {
  return index == 0 ? Duration{} : upper_end(index - 1) + Duration(1);
}

void Histogram::record(Duration value) {
  if (buckets_.empty()) [[unlikely]]
    buckets_.resize(kBuckets);
  const Duration duration = std::max(value, Duration{});
  ++buckets_[index_of(duration)];
  ++count_;
  sum_ += static_cast<double>(duration.count());
  min_ = std::min(min_, duration);
  max_ = std::max(max_, duration);
}

void Histogram::record_bucket(std::size_t index, std::uint64_t count) {
  if (count == 0) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  buckets_[index] += count;
  count_ += count;
  const Duration middle = (lower_end(index) + upper_end(index)) / 2;
  sum_ += static_cast<double>(middle.count()) * static_cast<double>(count);
  min_ = std::min(min_, lower_end(index));
  max_ = std::max(max_, upper_end(index));
}

void Histogram::set_extremes(Duration min, Duration max, Duration mean) {
  if (count_ == 0) return;
  min_ = min;
  max_ = max;
  sum_ = static_cast<double>(mean.count()) * static_cast<double>(count_);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::count_above(Duration value) const {
  std::uint64_t above = 0;
  for (std::size_t i = index_of(value) + 1; i < buckets_.size(); ++i) above += buckets_[i];
  return above;
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
    return std::clamp(upper_end(i), min_, max_);
  }
  return max_;
}

}  // namespace hawser::profile
