#include "hawser/interceptors/token_bucket.h"

#include <algorithm>

namespace hawser::interceptors {
namespace {

constexpr double kNanoseconds = 1e9;

}  // namespace

Duration TokenBucket::wait_for(const Rate& rate, Instant now) {
  if (rate.per_second <= 0) return Duration::zero();
  if (now > filled_at_) {
    const double passed = static_cast<double>((now - filled_at_).count());
    tokens_ = std::min(rate.burst, tokens_ + passed * rate.per_second / kNanoseconds);
    filled_at_ = now;
  }
  if (tokens_ >= 1) return Duration::zero();
  const double missing = (1 - tokens_) / rate.per_second * kNanoseconds;
  return Duration(static_cast<Duration::rep>(std::min(missing, 3600 * kNanoseconds)) + 1);
}

}  // namespace hawser::interceptors
