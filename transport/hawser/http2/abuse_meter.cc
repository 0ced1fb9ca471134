#include "hawser/http2/abuse_meter.h"

#include <algorithm>

namespace hawser::http2 {

bool TokenBucket::take(Instant now) {
  if (tokens_ < burst_) refill(now);
  if (tokens_ == 0) return false;
  --tokens_;
  if (tokens_ + 1 == burst_) refilled_at_ = now;  // it was full: time counts from here
  return true;
}

void TokenBucket::refill(Instant now) {
  if (per_second_ == 0) return;
  const Duration interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second_;
  if (now < refilled_at_ + interval) return;
  const std::int64_t gained = (now - refilled_at_) / interval;
  tokens_ = static_cast<std::uint32_t>(std::min<std::int64_t>(burst_, tokens_ + gained));
  refilled_at_ += gained * interval;
}

AbuseMeter::AbuseMeter(const Limits& limits)
    : faults_(limits.fault_burst, limits.faults_per_second),
      resets_(limits.reset_burst, limits.resets_per_second),
      idle_frames_(limits.idle_frame_burst, limits.idle_frames_per_second) {}

bool AbuseMeter::on_reset_sent(ErrorCode code, Instant now) {
  // NO_ERROR and CANCEL are our own doing: an early reply, a deadline.
  if (code == ErrorCode::kNoError || code == ErrorCode::kCancel) return false;
  return !faults_.take(now);
}

bool AbuseMeter::on_premature_reset(Duration age) {
  if (age < kPremature) ++premature_resets_;
  return streams_ >= kJudgedFrom && premature_resets_ * 2 > streams_;
}

}  // namespace hawser::http2
