#include "tools/profile/arrivals.h"

namespace hawser::profile {

Arrivals::Arrivals(const Schedule& schedule, ArrivalKind kind, Instant start, std::size_t index,
                   std::size_t count, std::uint64_t seed)
    : walk_(schedule),
      kind_(kind),
      start_(start),
      count_(static_cast<double>(count)),
      random_(seed + index),
      position_(static_cast<double>(index)) {
  // The first random call isn't due at the start itself: only its distance from there is random.
  if (kind_ == ArrivalKind::kPoisson) position_ = step();
  find();
}

// Distances of a Poisson process are exponential; one of 1/count of the rate has them count times as long.
double Arrivals::step() {
  if (kind_ == ArrivalKind::kConstant) return count_;
  return count_ * std::exponential_distribution<double>(1)(random_);
}

void Arrivals::advance() {
  position_ += step();
  find();
}

void Arrivals::find() {
  const std::optional<Duration> time = walk_.time_of(position_);
  next_ = time ? saturating_add(start_, *time) : kNever;
}

}  // namespace hawser::profile
