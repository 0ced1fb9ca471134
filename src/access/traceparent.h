// The traceparent field of a request (W3C Trace Context, Level 1, 3.2):
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//   version, trace id, id of the caller's span, flags; lower-case hexadecimal
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hawser::access {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  bool sampled = false;
};

/// nullopt for what the specification calls invalid: the caller then has no trace. Of a version after 00 the
/// parts known here are read, as it asks for (4.3.1).
std::optional<TraceContext> parse_traceparent(std::string_view text);

}  // namespace hawser::access
