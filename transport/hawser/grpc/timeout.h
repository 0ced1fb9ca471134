// The grpc-timeout header: TimeoutValue TimeoutUnit (gRPC PROTOCOL-HTTP2, "Timeout").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hawser/base/clock.h"

namespace hawser::grpc {

/// One to eight digits and one of H M S m u n; nullopt for anything else (P-28). Values beyond the clock's
/// range become Duration::max() (P-29).
std::optional<Duration> parse_timeout(std::string_view text);

/// The header's value for `remaining` > 0: the finest unit that fits eight digits, rounded up (P-30).
class TimeoutText final {
 public:
  explicit TimeoutText(Duration remaining);
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[12];
  std::size_t size_ = 0;
};

}  // namespace hawser::grpc
