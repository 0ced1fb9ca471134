#include "hawser/grpc/timeout.h"

#include <algorithm>
#include <charconv>

namespace hawser::grpc {
namespace {

struct Unit {
  char letter;
  std::int64_t nanoseconds;
};
constexpr Unit kUnits[] = {{'n', 1},
                           {'u', 1'000},
                           {'m', 1'000'000},
                           {'S', 1'000'000'000},
                           {'M', 60'000'000'000},
                           {'H', 3'600'000'000'000}};
constexpr std::size_t kMostDigits = 8;
constexpr std::int64_t kLargestValue = 99'999'999;

}  // namespace

std::optional<Duration> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const Unit& candidate) { return candidate.letter == text.back(); });
  if (unit == std::end(kUnits)) return std::nullopt;
  std::int64_t value = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  if (value > Duration::max().count() / unit->nanoseconds) return Duration::max();
  return Duration(value * unit->nanoseconds);
}

TimeoutText::TimeoutText(Duration remaining) {
  const std::int64_t nanoseconds = std::max<std::int64_t>(remaining.count(), 1);
  for (const Unit& unit : kUnits) {
    const std::int64_t whole = nanoseconds / unit.nanoseconds;
    const std::int64_t value = whole + (nanoseconds % unit.nanoseconds != 0 ? 1 : 0);
    if (value > kLargestValue && unit.letter != 'H') continue;
    char* end = std::to_chars(text_, text_ + sizeof(text_), std::min(value, kLargestValue)).ptr;
    *end++ = unit.letter;
    size_ = static_cast<std::size_t>(end - text_);
    return;
  }
}

}  // namespace hawser::grpc
