// zlib's format, RFC 1950, for what other programs read; a program that was built without zlib has none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hawser/base/result.h"

namespace hawser::profile {

/// Scope usage without zlib.
Result<std::string> deflate(std::string_view bytes);
/// Scope usage: no such bytes, more than `most` of them, or no zlib.
Result<std::string> inflate(std::string_view compressed, std::size_t most);

}  // namespace hawser::profile
