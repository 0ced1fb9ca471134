// Writes JSON in one line; commas and quotes are its own business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::profile {

class JsonWriter final {
 public:
  /// Of the whole text or an element of a list without `name`, else a member. Everything that is opened has
  /// to be closed.
  void open_object(std::string_view name = {}) { open(name, '{'); }
  void close_object() { close('}'); }
  void open_list(std::string_view name) { open(name, '['); }
  void close_list() { close(']'); }

  void text(std::string_view name, std::string_view value);
  void count(std::string_view name, std::uint64_t value);
  void flag(std::string_view name, bool value);
  /// null.
  void nothing(std::string_view name);
  /// With so many digits after the point.
  void number(std::string_view name, double value, int digits);

  const std::string& str() const { return out_; }

 private:
  void open(std::string_view name, char bracket);
  void close(char bracket);
  void key(std::string_view name);
  void quoted(std::string_view text);

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace hawser::profile
