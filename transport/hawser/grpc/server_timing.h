// What a server says of the time that a call took there: the value of a trailer, in the form of W3C's Server
// Timing, durations in milliseconds down to the nanosecond.
//
//   want-server-timing: 1                                                        metadata of the request
//   server-timing: queue;dur=0.012345, handler;dur=1.500000, reply;dur=0.004210  trailer of the reply
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "hawser/base/clock.h"

namespace hawser::grpc {

/// Asks; no other value than kWantServerTimingValue does.
inline constexpr std::string_view kWantServerTiming = "want-server-timing";
inline constexpr std::string_view kWantServerTimingValue = "1";
inline constexpr std::string_view kServerTiming = "server-timing";

/// A call's time in a server, by stage; docs/profiler.md says from where to where each lasts.
struct ServerTiming {
  Duration queue{};    ///< The request is there, its handler isn't entered yet.
  Duration handler{};  ///< The handler's own.
  Duration reply{};    ///< The handler is done, its reply isn't in frames yet.

  Duration total() const { return queue + handler + reply; }
  friend bool operator==(const ServerTiming&, const ServerTiming&) = default;
};

/// Room for any value.
using ServerTimingText = std::array<char, 96>;
/// The trailer's value, written into `room`. What is below zero counts as zero.
std::string_view format_server_timing(const ServerTiming& timing, ServerTimingText& room);

/// nullopt: it doesn't have all three stages, each with its time. Other metrics and parameters are passed
/// over: proxies add some of their own.
std::optional<ServerTiming> parse_server_timing(std::string_view value);

}  // namespace hawser::grpc
