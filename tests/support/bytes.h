// Bytes and text in tests: peers' bytes are kept in std::string, which prints and compares well.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/byte_queue.h"

namespace hawser::test {

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_view(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string as_text(Bytes bytes) { return std::string(as_view(bytes)); }

/// `value` as `size` big-endian bytes, as all numbers of HTTP/2 and gRPC are.
inline std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[size - 1 - i] = static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

inline std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace hawser::test
