#include "src/access/traceparent.h"

#include <algorithm>
#include <cstddef>

namespace hawser::access {
namespace {

constexpr std::size_t kLength = 55;  // of version 00
constexpr std::uint8_t kSampled = 1;
constexpr std::uint8_t kNoVersion = 0xff;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// As many bytes as `out` has, from twice as many digits.
template <std::size_t kSize>
bool read_hex(std::string_view digits, std::array<std::uint8_t, kSize>& out) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const int high = digit(digits[2 * i]);
    const int low = digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

template <std::size_t kSize>
bool is_zero(const std::array<std::uint8_t, kSize>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext context;
  if (!read_hex(text, version) || !read_hex(text.substr(3), context.trace_id) ||
      !read_hex(text.substr(36), context.span_id) || !read_hex(text.substr(53), flags)) {
    return std::nullopt;
  }
  if (version[0] == kNoVersion || is_zero(context.trace_id) || is_zero(context.span_id)) return std::nullopt;
  if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  context.sampled = (flags[0] & kSampled) != 0;
  return context;
}

}  // namespace hawser::access
