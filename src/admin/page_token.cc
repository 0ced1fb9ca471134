#include "src/admin/page_token.h"

#include <array>
#include <cstdint>

#include <sodium.h>

#include "src/crypto/crc32c.h"
#include "src/keys/key_id.h"

namespace hawser::admin {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
// A key id has 63 bytes at most.
constexpr std::size_t kMostBytes = kChecksumBytes + 63;

std::string with_checksum(std::string_view key_id) {
  const std::uint32_t checksum = crypto::crc32c(key_id);
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(checksum >> shift & 0xff));
  bytes.append(key_id);
  return bytes;
}

}  // namespace

std::string page_token_after(std::string_view key_id) {
  const std::string bytes = with_checksum(key_id);
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // its end is a NUL
  return text;
}

std::optional<std::string> key_before(std::string_view page_token) {
  std::array<char, kMostBytes> bytes{};
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), page_token.data(),
                        page_token.size(), nullptr, &size, &end, kVariant) != 0 ||
      end != page_token.data() + page_token.size() || size <= kChecksumBytes) {
    return std::nullopt;
  }
  const std::string_view key_id(bytes.data() + kChecksumBytes, size - kChecksumBytes);
  if (!keys::is_key_id(key_id) || with_checksum(key_id) != std::string_view(bytes.data(), size)) {
    return std::nullopt;
  }
  return std::string(key_id);
}

}  // namespace hawser::admin
