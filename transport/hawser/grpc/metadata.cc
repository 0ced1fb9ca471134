#include "hawser/grpc/metadata.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "hawser/grpc/status.h"

namespace hawser::grpc {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_decode_table() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr std::array<std::int8_t, 256> kDecode = make_decode_table();

constexpr std::size_t base64_size(std::size_t bytes) { return (bytes * 4 + 2) / 3; }

void write_base64(std::string_view bytes, char* out) {
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<std::uint8_t>(c);
    for (bit_count += 8; bit_count >= 6;) {
      bit_count -= 6;
      *out++ = kAlphabet[bits >> bit_count & 0x3F];
    }
  }
  if (bit_count > 0) *out = kAlphabet[bits << (6 - bit_count) & 0x3F];
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

tl::unexpected<Error> metadata_error(std::string_view name, std::string_view why) {
  std::string detail = "metadata \"";
  detail.append(name).append("\": ").append(why);
  return tl::unexpected<Error>(
      Error{ErrorScope::kStream, static_cast<int>(StatusCode::kInternal), std::move(detail)});
}

Result<void> check_value(std::string_view name, std::string_view value) {
  const auto is_printable = [](char c) { return c >= 0x20 && c <= 0x7E; };
  if (!is_binary_name(name) && !std::all_of(value.begin(), value.end(), is_printable)) {
    return metadata_error(name, "the value has a byte outside printable ASCII; use a name that ends in -bin");
  }
  return {};
}

}  // namespace

bool is_binary_name(std::string_view name) { return name.ends_with("-bin"); }

bool is_reserved_name(std::string_view name) {
  if (name.empty() || name[0] == ':') return true;
  switch (name[0]) {
    case 'c':
      return name == "content-type" || name == "connection";
    case 'g':
      return name == "grpc-timeout" || name == "grpc-encoding" || name == "grpc-accept-encoding" ||
             name == "grpc-status" || name == "grpc-message" || name == "grpc-message-type" ||
             name == "grpc-status-details-bin";
    case 'h':
      return name == "host";
    case 'k':
      return name == "keep-alive";
    case 'p':
      return name == "proxy-connection";
    case 't':
      return name == "te" || name == "transfer-encoding";
    case 'u':
      return name == "upgrade";
    default:
      return false;
  }
}

Result<void> check_metadata(std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
    return metadata_error(name, "names have only the characters a-z 0-9 - _ .");
  }
  if (is_reserved_name(name) || name.starts_with("grpc-")) {
    return metadata_error(name, "the name is reserved for gRPC and HTTP/2");
  }
  return check_value(name, value);
}

Result<void> check_trailing_metadata(std::string_view name, std::string_view value) {
  return name == "grpc-retry-pushback-ms" ? check_value(name, value) : check_metadata(name, value);
}

void append_metadata(http2::HeaderBlock& block, std::string_view name, std::string_view value) {
  if (!is_binary_name(name)) return block.add(name, value);
  write_base64(value, block.add_uninitialized(name, base64_size(value.size())));
}

std::string base64_encode(std::string_view bytes) {
  std::string out(base64_size(bytes.size()), '\0');
  write_base64(bytes, out.data());
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const std::int8_t value = kDecode[static_cast<std::uint8_t>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out += static_cast<char>(bits >> bit_count & 0xFF);
    }
  }
  return out;
}

}  // namespace hawser::grpc
