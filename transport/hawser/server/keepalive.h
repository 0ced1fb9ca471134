// When a server asks a silent client whether it is there, and when it takes it for dead (gRPC
// doc/keepalive.md; CONFORMANCE P-90). With and without calls. The time counts from the last byte read.
//
// Takes the time as a value; no clock and no timer of its own. One thread.
#pragma once

#include "hawser/base/clock.h"

namespace hawser::server {

class Keepalive final {
 public:
  enum class Due { kNothing, kPing, kDeath };

  /// `time` Duration::max(): never.
  Keepalive(Duration time, Duration timeout, Instant now) : time_(time), timeout_(timeout), last_read_(now) {}

  void on_read(Instant now) {
    last_read_ = now;
    death_ = kNever;
  }
  /// When check() wants to be called.
  Instant next() const { return death_ != kNever ? death_ : saturating_add(last_read_, time_); }
  /// What is to be done at `now`; kPing counts as sent.
  Due check(Instant now) {
    if (next() > now) return Due::kNothing;
    if (death_ != kNever) return Due::kDeath;
    death_ = saturating_add(now, timeout_);
    return Due::kPing;
  }

 private:
  Duration time_;
  Duration timeout_;
  Instant last_read_;
  Instant death_ = kNever;  // a PING is out
};

}  // namespace hawser::server
