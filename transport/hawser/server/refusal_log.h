// Tells the log of connections that were turned away, at most once in a while: whoever connects all the time
// must not fill it. One object a reason. Confined to the thread that accepts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"

namespace hawser::server {

class RefusalLog final {
 public:
  static constexpr Duration kPause = std::chrono::seconds(10);

  /// Both outlive it.
  RefusalLog(log::Sink& log, std::string_view message) : log_(log), message_(message) {}

  /// A warning, unless one was written less than kPause ago; the next says how many were not.
  void turned_away(std::string_view peer, Instant now) {
    if (now < next_) {
      ++not_logged_;
      return;
    }
    next_ = saturating_add(now, kPause);
    if (not_logged_ == 0) {
      log_.write(log::Level::kWarning, message_, {{"peer", peer}});
    } else {
      log_.write(log::Level::kWarning, message_,
                 {{"peer", peer}, {"not_logged", std::to_string(not_logged_)}});
      not_logged_ = 0;
    }
  }

 private:
  log::Sink& log_;
  const std::string_view message_;
  Instant next_ = Instant::min();
  std::uint64_t not_logged_ = 0;
};

}  // namespace hawser::server
