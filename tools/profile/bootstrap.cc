#include "tools/profile/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace hawser::profile {
namespace {

constexpr double kTail = 0.025;  // beyond each end of a range

// The buckets that a timeline uses, numbered without gaps: a draw then is an addition of short lists.
class Pool final {
 public:
  explicit Pool(std::span<const Slice> timeline) {
    for (const Slice& slice : timeline) {
      for (const auto& bucket : slice.interval.latency.buckets()) indices_.push_back(bucket.index);
    }
    std::sort(indices_.begin(), indices_.end());
    indices_.erase(std::unique(indices_.begin(), indices_.end()), indices_.end());
    for (const Slice& slice : timeline) add(slice);
  }

  std::size_t filled() const { return filled_; }

  // All slices, once each.
  void take_all(std::span<const double> percents, Draws& draws) {
    times_.assign(slices_.size(), 1);
    measure(percents, draws);
  }

  void draw(std::mt19937_64& random, std::span<const double> percents, Draws& draws) {
    pick(random);
    measure(percents, draws);
  }

 private:
  struct Sample {
    std::uint64_t ok;
    double length;
    std::vector<SparseHistogram::Bucket> latency;  // by place in `indices_`
  };

  void add(const Slice& slice) {
    Sample sample{slice.interval.ok, static_cast<double>(slice.length.count()), {}};
    for (const SparseHistogram::Bucket& bucket : slice.interval.latency.buckets()) {
      const auto at = std::lower_bound(indices_.begin(), indices_.end(), bucket.index) - indices_.begin();
      sample.latency.push_back({static_cast<std::uint32_t>(at), bucket.count});
    }
    filled_ += sample.latency.empty() ? 0 : 1;
    slices_.push_back(std::move(sample));
  }

  // How many times each slice is drawn.
  void pick(std::mt19937_64& random) {
    std::uniform_int_distribution<std::size_t> any(0, slices_.size() - 1);
    times_.assign(slices_.size(), 0);
    for (std::size_t i = 0; i < slices_.size(); ++i) ++times_[any(random)];
  }

  void measure(std::span<const double> percents, Draws& draws) {
    std::uint64_t ok = 0;
    double length = 0;
    counts_.assign(indices_.size(), 0);
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      if (times_[i] == 0) continue;
      ok += times_[i] * slices_[i].ok;
      length += static_cast<double>(times_[i]) * slices_[i].length;
      for (const auto& bucket : slices_[i].latency) counts_[bucket.index] += times_[i] * bucket.count;
    }
    std::uint64_t total = 0;
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      total += counts_[i];
      const Duration ends = Histogram::lower_end(indices_[i]) + Histogram::upper_end(indices_[i]);
      sum += static_cast<double>(counts_[i]) * static_cast<double>(ends.count()) / 2;
    }
    draws.rate.push_back(static_cast<double>(ok) / length);
    draws.mean.push_back(total > 0 ? sum / static_cast<double>(total) : 0);
    for (std::size_t i = 0; i < percents.size(); ++i) {
      draws.percentiles[i].push_back(percentile(percents[i], total));
    }
  }

  // As Histogram::percentile().
  double percentile(double percent, std::uint64_t total) const {
    const double rank = std::max(1.0, std::ceil(percent / 100 * static_cast<double>(total) * (1 - 1e-12)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (static_cast<double>(seen) >= rank) {
        return static_cast<double>(Histogram::upper_end(indices_[i]).count());
      }
    }
    return 0;
  }

  std::vector<std::uint32_t> indices_;
  std::vector<Sample> slices_;
  std::size_t filled_ = 0;
  // Of a draw.
  std::vector<std::uint64_t> times_;
  std::vector<std::uint64_t> counts_;
};

// The first element is what the others are relative to.
void make_relative(std::vector<double>& values) {
  const double whole = values.front();
  values.erase(values.begin());
  for (double& value : values) value = whole > 0 ? value / whole : 1;
}

}  // namespace

std::optional<Draws> draw_runs(std::span<const Slice> timeline, std::span<const double> percents,
                               std::uint64_t seed) {
  Pool pool(timeline);
  if (pool.filled() < kLeastSlices) return std::nullopt;
  Draws draws;
  draws.percentiles.resize(percents.size());
  std::mt19937_64 random(seed);
  pool.take_all(percents, draws);
  for (std::size_t i = 0; i < kDraws; ++i) pool.draw(random, percents, draws);
  make_relative(draws.rate);
  make_relative(draws.mean);
  for (std::vector<double>& percentile : draws.percentiles) make_relative(percentile);
  return draws;
}

Range range_of(std::vector<double> draws, double value) {
  std::sort(draws.begin(), draws.end());
  const auto beyond = static_cast<std::size_t>(kTail * static_cast<double>(draws.size()));
  if (beyond >= draws.size()) return {value, value};
  return {std::min(value, draws[beyond]), std::max(value, draws[draws.size() - 1 - beyond])};
}

std::optional<Range> range_of_ratio(std::span<const double> draws, std::span<const double> base,
                                    double ratio) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(draws.size(), base.size()); ++i) {
    if (base[i] <= 0) return std::nullopt;
    ratios.push_back(draws[i] / base[i]);
  }
  if (ratios.empty()) return std::nullopt;
  return range_of(std::move(ratios), ratio);
}

}  // namespace hawser::profile
