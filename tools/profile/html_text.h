// Text from outside, so that a browser takes it for nothing but text.
#pragma once

#include <string>
#include <string_view>

namespace hawser::profile {

/// For the content of an element, or an attribute's value in quotes. Control characters become U+FFFD.
std::string escape_html(std::string_view text);

/// JSON that may stand in a <script>: no character in it can end the element or begin a comment. It says the
/// same as before.
std::string json_in_script(std::string_view json);

}  // namespace hawser::profile
