// Patterns of names: '*' is any text, the empty one and '/' included; every other byte is itself.
#pragma once

#include <string_view>

namespace hawser::access {

/// The whole of `text` against the whole of `pattern`. Takes at most as many steps as their lengths
/// multiplied, whatever a peer calls itself; allocates nothing.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace hawser::access
