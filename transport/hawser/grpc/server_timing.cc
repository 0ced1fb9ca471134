#include "hawser/grpc/server_timing.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "hawser/grpc/field_value.h"

namespace hawser::grpc {
namespace {

constexpr std::int64_t kNanosecondsPerMs = 1'000'000;
constexpr int kFractionDigits = 6;
// Far beyond any call, and far below what a Duration can't hold.
constexpr double kLongestMs = 1e12;

struct Stage {
  std::string_view name;
  Duration ServerTiming::*duration;
};
constexpr Stage kStages[] = {
    {"queue", &ServerTiming::queue}, {"handler", &ServerTiming::handler}, {"reply", &ServerTiming::reply}};

char* append(char* at, std::string_view text) { return std::copy(text.begin(), text.end(), at); }

char* append_ms(char* at, char* end, Duration duration) {
  const std::int64_t nanoseconds = std::max<std::int64_t>(duration.count(), 0);
  at = std::to_chars(at, end, nanoseconds / kNanosecondsPerMs).ptr;
  *at++ = '.';
  std::int64_t fraction = nanoseconds % kNanosecondsPerMs;
  for (int i = kFractionDigits - 1; i >= 0; --i, fraction /= 10)
    at[i] = static_cast<char>('0' + fraction % 10);
  return at + kFractionDigits;
}

/// Takes what is in front of `delimiter`, which counts as text inside of double quotes, off `text`.
std::string_view take(std::string_view& text, char delimiter) {
  std::size_t end = 0;
  for (bool quoted = false; end < text.size() && (quoted || text[end] != delimiter); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (quoted && text[end] == '\\') ++end;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return trim(taken);
}

std::optional<Duration> parse_ms(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  double ms = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ms, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (!(ms >= 0 && ms <= kLongestMs)) return std::nullopt;
  return Duration(std::llround(ms * static_cast<double>(kNanosecondsPerMs)));
}

/// Of a metric's parameters.
std::optional<Duration> find_duration(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    if (take(value, '=') == "dur") return parse_ms(trim(value));
  }
  return std::nullopt;
}

}  // namespace

std::string_view format_server_timing(const ServerTiming& timing, ServerTimingText& room) {
  char* at = room.data();
  char* const end = room.data() + room.size();
  for (const Stage& stage : kStages) {
    if (at != room.data()) at = append(at, ", ");
    at = append(append(at, stage.name), ";dur=");
    at = append_ms(at, end, timing.*stage.duration);
  }
  return {room.data(), static_cast<std::size_t>(at - room.data())};
}

std::optional<ServerTiming> parse_server_timing(std::string_view value) {
  ServerTiming timing;
  unsigned found = 0;
  while (!value.empty()) {
    std::string_view parameters = take(value, ',');
    const std::string_view name = take(parameters, ';');
    for (std::size_t i = 0; i < std::size(kStages); ++i) {
      if (name != kStages[i].name || (found & 1U << i) != 0) continue;
      const std::optional<Duration> duration = find_duration(parameters);
      if (!duration) return std::nullopt;
      timing.*kStages[i].duration = *duration;
      found |= 1U << i;
    }
  }
  if (found != (1U << std::size(kStages)) - 1) return std::nullopt;
  return timing;
}

}  // namespace hawser::grpc
