// Texts of any origin as JSON strings (RFC 8259 7).
#pragma once

#include <string>
#include <string_view>

namespace hawser::logging {

/// Appends `bytes` with its quotes. Control characters are escaped, DEL, U+2028 and U+2029 too: no text
/// breaks a line or speaks to a terminal. A byte that isn't UTF-8 becomes U+FFFD. A text over `most` bytes is
/// cut there, between characters, and ends with U+2026.
void append_json_string(std::string& out, std::string_view bytes, std::size_t most = 1024);

/// Appends lower-case hexadecimal digits.
void append_hex(std::string& out, std::string_view bytes);

}  // namespace hawser::logging
