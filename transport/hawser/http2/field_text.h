// Which letters a header field may have (RFC 9110 5.1, 5.5, RFC 9113 8.2.1, RFC 3986 3).
#pragma once

#include <string_view>

namespace hawser::http2 {

/// A token in lower case, not empty.
bool is_field_name(std::string_view text);
/// No control letters but the tab. Blanks around it are taken: stock grpc++ sends them (CONFORMANCE P-39).
bool is_field_value(std::string_view text);
/// No control letters and no blanks, not empty.
bool is_path(std::string_view text);
/// A token, not empty.
bool is_method(std::string_view text);
/// A letter, then letters, digits, `+`, `-` and `.`.
bool is_scheme(std::string_view text);
/// What a host and port may have, and slashes: clients on UNIX sockets send their path. May be empty.
bool is_authority(std::string_view text);

}  // namespace hawser::http2
