// Scores what a peer does on one connection and says when it is enough (CONFORMANCE S-4, S-7 to S-9):
// streams that end in faults, streams opened and reset at once, frames that ask for work and carry none.
//
// Takes the time as a value; no clock of its own. One thread.
#pragma once

#include <cstdint>

#include "hawser/base/clock.h"
#include "hawser/http2/limits.h"
#include "hawser/http2/session_events.h"

namespace hawser::http2 {

/// Holds at most `burst` tokens and regains `per_second`; 0: none.
class TokenBucket final {
 public:
  TokenBucket(std::uint32_t burst, std::uint32_t per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  /// False when there was none to take.
  bool take(Instant now);
  /// Gives tokens back for honest work, up to `burst`.
  void earn(std::uint32_t tokens) { tokens_ = tokens < burst_ - tokens_ ? tokens_ + tokens : burst_; }

 private:
  void refill(Instant now);

  std::uint32_t burst_;
  std::uint32_t per_second_;
  std::uint32_t tokens_;  // invariant: tokens_ <= burst_
  Instant refilled_at_{};
};

class AbuseMeter final {
 public:
  explicit AbuseMeter(const Limits& limits);

  /// Honest work, which pays for the WINDOW_UPDATE and PING frames that come with it.
  void on_stream_opened() {
    ++streams_;
    idle_frames_.earn(4);
  }
  void on_data_sent() {
    idle_frames_.earn(2);
    earn_window_updates();
  }
  /// One of a stream's messages, of which a DATA frame may carry hundreds: grpc-core's clients send a
  /// WINDOW_UPDATE for each that they read.
  void on_message_sent() { earn_window_updates(); }

  // Each returns true when the limit is passed: end the connection with ENHANCE_YOUR_CALM.
  bool on_idle_frame(IdleFrame frame, Instant now) {
    if (frame == IdleFrame::kWindowUpdate && window_updates_ > 0) {
      --window_updates_;
      return false;
    }
    return !idle_frames_.take(now);
  }
  bool on_reset_sent(ErrorCode code, Instant now);
  bool on_reset_received(Instant now) { return !resets_.take(now); }
  /// The peer reset a stream that had not been answered, `age` after opening it.
  bool on_premature_reset(Duration age);

 private:
  // The most that is kept, so that a long honest life doesn't pay for an endless flood.
  static constexpr std::uint32_t kMostWindowUpdates = 1'000'000;
  void earn_window_updates() {
    if (window_updates_ < kMostWindowUpdates) window_updates_ += 2;
  }

  static constexpr std::uint64_t kJudgedFrom = 500;  // streams, before the share of resets means anything
  static constexpr Duration kPremature = std::chrono::seconds(1);

  TokenBucket faults_;
  TokenBucket resets_;
  TokenBucket idle_frames_;
  std::uint32_t window_updates_ = 0;  // that may still come for what was sent
  std::uint64_t streams_ = 0;
  std::uint64_t premature_resets_ = 0;
};

}  // namespace hawser::http2
