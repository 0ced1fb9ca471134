// Lists and parameters in the values of header fields.
#pragma once

#include <string_view>

namespace hawser::grpc {

/// Without the optional whitespace around it (RFC 9110 5.6.3).
inline std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace hawser::grpc
