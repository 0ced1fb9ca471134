#include "src/crypto/crc32c.h"

#include <array>

namespace hawser::crypto {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;

// kTables[k][b]: the remainder of byte b with k bytes behind it.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kReversedPolynomial : 0);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t byte_of(std::string_view data, std::size_t i) { return static_cast<unsigned char>(data[i]); }

}  // namespace

std::uint32_t crc32c(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (; data.size() >= 8; data.remove_prefix(8)) {
    const std::uint32_t low =
        crc ^ (byte_of(data, 0) | byte_of(data, 1) << 8 | byte_of(data, 2) << 16 | byte_of(data, 3) << 24);
    crc = kTables[7][low & 0xFF] ^ kTables[6][low >> 8 & 0xFF] ^ kTables[5][low >> 16 & 0xFF] ^
          kTables[4][low >> 24] ^ kTables[3][byte_of(data, 4)] ^ kTables[2][byte_of(data, 5)] ^
          kTables[1][byte_of(data, 6)] ^ kTables[0][byte_of(data, 7)];
  }
  for (std::size_t i = 0; i < data.size(); ++i)
    crc = (crc >> 8) ^ kTables[0][(crc ^ byte_of(data, i)) & 0xFF];
  return ~crc;
}

}  // namespace hawser::crypto
