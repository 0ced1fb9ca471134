#include "src/lanes/cost_model.h"

#include <algorithm>

namespace hawser::lanes {
namespace {

constexpr std::int64_t kWeight = 16;   // a new value counts for one of so many
constexpr std::int64_t kBelieved = 4;  // times what was expected
constexpr Duration kFresh = std::chrono::seconds(1);
constexpr std::int64_t kLeast = 1000;  // a microsecond: an average of 0 would admit anything

}  // namespace

CostModel::CostModel(std::span<const Duration> first_guesses)
    : classes_(std::make_unique<Class[]>(first_guesses.size())) {
  for (std::size_t i = 0; i < first_guesses.size(); ++i) {
    classes_[i].first_guess = std::max(first_guesses[i].count(), kLeast);
    classes_[i].cost.store(classes_[i].first_guess, std::memory_order_relaxed);
  }
}

void CostModel::learn(std::size_t cost_class, Duration took) {
  // Two workers at once may lose one of their values, which is no matter.
  std::atomic<std::int64_t>& cost = classes_[cost_class].cost;
  const std::int64_t before = cost.load(std::memory_order_relaxed);
  const std::int64_t believed = std::clamp(took.count(), std::int64_t{0}, kBelieved * before);
  cost.store(std::max(before + (believed - before) / kWeight, kLeast), std::memory_order_relaxed);
}

bool CostModel::is_stale(std::size_t cost_class, Instant now) const {
  const Class& of = classes_[cost_class];
  return of.cost.load(std::memory_order_relaxed) > of.first_guess &&
         now - of.tried.load(std::memory_order_relaxed) > kFresh;
}

}  // namespace hawser::lanes
