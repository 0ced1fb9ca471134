#include "src/logging/json_text.h"

#include <algorithm>
#include <cstdint>

namespace hawser::logging {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Bytes of the character that `text` begins with; 0 when that is none (RFC 3629 4: no overlong forms, no
// surrogates, nothing over U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  const unsigned char second = at(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// How many bytes stay as they are.
std::size_t plain_length(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
}

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 0xf];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view bytes, std::size_t most) {
  out += '"';
  std::size_t i = 0;
  while (i < bytes.size()) {
    // Most texts are plain from end to end.
    const std::size_t plain = plain_length(bytes.substr(i, most - i));
    out += bytes.substr(i, plain);
    i += plain;
    if (i == bytes.size()) break;
    const std::size_t length = utf8_length(bytes.substr(i));
    if (i + (length == 0 ? 1 : length) > most) {
      out += "\xe2\x80\xa6";
      break;
    }
    const auto c = static_cast<unsigned char>(bytes[i]);
    const std::string_view character = bytes.substr(i, length);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
      append_escape(out, c);
    } else if (character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
      out += character.back() == '\xa8' ? "\\u2028" : "\\u2029";
    } else if (length == 2 && c == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) {
      append_escape(out, static_cast<unsigned char>(character[1]));  // U+0080 to U+009F: controls, too
    } else {
      out += character;
    }
    i += length == 0 ? 1 : length;
  }
  out += '"';
}

void append_hex(std::string& out, std::string_view bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out[at++] = kHex[byte >> 4];
    out[at++] = kHex[byte & 0xf];
  }
}

}  // namespace hawser::logging
