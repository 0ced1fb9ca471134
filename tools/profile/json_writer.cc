#include "tools/profile/json_writer.h"

#include <cstdio>

namespace hawser::profile {

void JsonWriter::open(std::string_view name, char bracket) {
  key(name);
  out_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
  if (name.empty()) return;
  quoted(name);
  out_ += ':';
}

void JsonWriter::quoted(std::string_view text) {
  out_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_.append("\\").push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out_ += escape;
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void JsonWriter::text(std::string_view name, std::string_view value) {
  key(name);
  quoted(value);
}

void JsonWriter::count(std::string_view name, std::uint64_t value) {
  key(name);
  out_ += std::to_string(value);
}

void JsonWriter::flag(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
}

void JsonWriter::nothing(std::string_view name) {
  key(name);
  out_ += "null";
}

void JsonWriter::number(std::string_view name, double value, int digits) {
  key(name);
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  out_ += text;
}

}  // namespace hawser::profile
