// Delays between connection attempts (gRPC doc/connection-backoff.md; CONFORMANCE P-95). No clock.
#pragma once

#include <cstdint>
#include <random>

#include "hawser/base/clock.h"
#include "hawser/client/channel_options.h"

namespace hawser::client {

class Backoff final {
 public:
  /// `seed` decides the jitter; channels take it from the system, tests give one.
  Backoff(const BackoffOptions& options, std::uint32_t seed);

  /// The delay after an attempt that begins now; longer each time.
  Duration next();
  Duration initial() const { return options_.initial; }
  /// An attempt succeeded: the next delay is the initial one.
  void reset() { current_ = options_.initial; }

 private:
  BackoffOptions options_;
  Duration current_;
  std::minstd_rand random_;
};

}  // namespace hawser::client
