// The names of gRPC status codes (statuscodes.md), as audit lines, metrics and traces show them.
#pragma once

#include <cstddef>
#include <string_view>

namespace hawser::access {

inline constexpr std::size_t kCodes = 17;

/// "PERMISSION_DENIED"; "UNKNOWN" for a number that no code has.
std::string_view name_of_code(int code);

}  // namespace hawser::access
