#include "hawser/client/keepalive.h"

#include <algorithm>

namespace hawser::client {

Instant Keepalive::next(bool has_calls) const {
  if (last_read_ == kNever) return kNever;
  if (death_ != kNever) return death_;
  if (probe_wanted_) return last_read_;
  if (options_.time == Duration::max()) return kNever;
  if (!has_calls && !options_.without_calls) return kNever;
  const Instant due = saturating_add(last_read_, options_.time);
  if (pings_without_data_ < kPingsWithoutData) return due;
  return std::max(due, saturating_add(last_ping_, std::max(options_.time, kSparsePings)));
}

Keepalive::Due Keepalive::check(Instant now, bool has_calls) {
  if (next(has_calls) > now) return Due::kNothing;
  if (death_ != kNever) return Due::kDeath;
  probe_wanted_ = false;
  last_ping_ = now;
  death_ = saturating_add(now, options_.timeout);
  ++pings_without_data_;
  return Due::kPing;
}

}  // namespace hawser::client
