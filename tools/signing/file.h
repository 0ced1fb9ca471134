// Whole files, and standard input and output, where a path is "-".
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "hawser/base/result.h"

namespace hawser::tools {

/// Calls `take` with one piece after the other, until the end or a false. The errors name the file.
Result<void> read_in_pieces(const std::string& path, const std::function<bool(std::string_view)>& take);
/// Scope usage when it is longer than `most` bytes.
Result<std::string> read_file(const std::string& path, std::size_t most);
/// Makes the file, or replaces what is in it.
Result<void> write_file(const std::string& path, std::string_view bytes);
bool is_terminal_output(const std::string& path);

}  // namespace hawser::tools
