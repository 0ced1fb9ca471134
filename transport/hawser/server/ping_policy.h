// How often a client may send PING (gRPC proposal A8; CONFORMANCE P-91): after each one a gap is required,
// and a PING that comes too early is a strike. Sending the client DATA or HEADERS forgives everything, so the
// PINGs with which grpc-core's clients measure bandwidth while data flow cost nothing (P-92).
//
// Takes the time as a value; no clock of its own. One thread.
#pragma once

#include <algorithm>

#include "hawser/base/clock.h"

namespace hawser::server {

class PingPolicy final {
 public:
  /// `min_interval`: between two PINGs while streams are open; without streams kIntervalWithoutCalls, unless
  /// `permit_without_calls`.
  PingPolicy(Duration min_interval, bool permit_without_calls)
      : min_interval_(min_interval), permit_without_calls_(permit_without_calls) {}

  /// A PING, not an acknowledgement, came. False: it is one too many.
  bool accept(Instant now, bool has_streams) {
    const Duration gap =
        has_streams || permit_without_calls_ ? min_interval_ : std::max(min_interval_, kIntervalWithoutCalls);
    if (strikes_ == kForgiven || now - last_valid_ >= gap) {
      if (strikes_ == kForgiven) strikes_ = 0;
      last_valid_ = now;
      return true;
    }
    return ++strikes_ <= kMostStrikes;
  }
  /// We sent DATA or HEADERS.
  void forgive() { strikes_ = kForgiven; }

 private:
  static constexpr Duration kIntervalWithoutCalls = std::chrono::hours(2);
  static constexpr int kMostStrikes = 2;
  static constexpr int kForgiven = -1;

  Duration min_interval_;
  bool permit_without_calls_;
  int strikes_ = kForgiven;  // kForgiven: none, and the next PING may come at any time
  Instant last_valid_{};
};

}  // namespace hawser::server
