// When to ask a silent server whether it is there, and when to take it for dead (gRPC doc/keepalive.md; P-88,
// P-89). No clock and no timer of its own.
//
// The time counts from the last byte read. Pings without any DATA or HEADERS sent between them come at most
// once a minute after the second one: servers count them (gRPC proposal A8).
#pragma once

#include "hawser/base/clock.h"
#include "hawser/client/channel_options.h"

namespace hawser::client {

class Keepalive final {
 public:
  enum class Due { kNothing, kPing, kDeath };

  explicit Keepalive(const KeepaliveOptions& options) : options_(options) {}

  /// The connection begins to count.
  void start(Instant now) { last_read_ = now; }
  void on_read(Instant now) {
    last_read_ = now;
    death_ = kNever;
  }
  /// Asks now, also without calls or a time of its own: the connection may have died unseen (V-15).
  void probe() { probe_wanted_ = true; }
  void on_sent() { pings_without_data_ = 0; }
  /// What is to be done at `now`; kPing counts as sent. `has_calls`: of the connection.
  Due check(Instant now, bool has_calls);
  /// When check() wants to be called. In the past after a quiet time without calls.
  Instant next(bool has_calls) const;

 private:
  static constexpr int kPingsWithoutData = 2;
  static constexpr Duration kSparsePings = std::chrono::minutes(1);

  KeepaliveOptions options_;
  Instant last_read_ = kNever;  // until start() nothing is due
  Instant last_ping_{};
  Instant death_ = kNever;  // a ping is out
  bool probe_wanted_ = false;
  int pings_without_data_ = 0;
};

}  // namespace hawser::client
