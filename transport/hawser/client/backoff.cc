#include "hawser/client/backoff.h"

#include <algorithm>

namespace hawser::client {
namespace {

Duration scaled(Duration duration, double factor) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, Duration::period>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

Backoff::Backoff(const BackoffOptions& options, std::uint32_t seed)
    : options_(options), current_(options.initial), random_(seed) {}

Duration Backoff::next() {
  std::uniform_real_distribution<double> factor(1 - options_.jitter, 1 + options_.jitter);
  const Duration delay = scaled(current_, factor(random_));
  current_ = std::min(options_.max, scaled(current_, options_.multiplier));
  return delay;
}

}  // namespace hawser::client
