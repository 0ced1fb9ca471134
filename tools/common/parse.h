// Numbers and durations as people write them on a command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"

namespace hawser::tools {

/// Digits only, within the bounds. The error (scope usage) says what was expected.
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most);

/// A whole number and ns, us, ms, s, m or h; without a unit it is milliseconds. Up to a year.
Result<Duration> parse_duration(std::string_view text);

/// Three digits that matter and the unit that fits: "741 ns", "12.3 us", "1.50 s".
std::string format_duration(Duration duration);

}  // namespace hawser::tools
