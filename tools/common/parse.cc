#include "tools/common/parse.h"

#include <charconv>
#include <cstdio>

namespace hawser::tools {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"", 1'000'000}};
constexpr std::int64_t kLongest = std::int64_t{365} * 24 * 3'600'000'000'000;

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return usage_error(quoted(text) + " is not a number from " + std::to_string(least) + " to " +
                       std::to_string(most));
  }
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const std::string_view name(end, static_cast<std::size_t>(last - end));
  for (const Unit& unit : kUnits) {
    if (error != std::errc() || value < 0 || name != unit.name || value > kLongest / unit.nanoseconds)
      continue;
    return Duration(value * unit.nanoseconds);
  }
  return usage_error(quoted(text) + " is not a duration: a number and ns, us, ms, s, m or h, as in 500ms");
}

std::string format_duration(Duration duration) {
  constexpr struct {
    const char* name;
    double nanoseconds;
  } kShown[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}};
  const auto nanoseconds = static_cast<double>(duration.count());
  char text[32];
  for (const auto& unit : kShown) {
    const double value = nanoseconds / unit.nanoseconds;
    if (value < 1) continue;
    const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    std::snprintf(text, sizeof(text), "%.*f %s", decimals, value, unit.name);
    return text;
  }
  return std::to_string(duration.count()) + " ns";
}

}  // namespace hawser::tools
