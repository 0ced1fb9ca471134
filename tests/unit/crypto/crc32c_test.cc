#include <doctest/doctest.h>

#include <string>

#include "src/crypto/crc32c.h"

namespace hawser::test {
namespace {

using crypto::crc32c;

TEST_CASE("crc32c: the vectors of RFC 3720, B.4") {
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending += c;
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
  CHECK(crc32c(ascending) == 0x46DD794E);
  CHECK(crc32c(std::string(ascending.rbegin(), ascending.rend())) == 0x113FDB5C);
}

TEST_CASE("crc32c: any length, and nothing at all") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  // Byte by byte and eight at a time agree: a polynomial of the text's own definition.
  std::string text;
  for (int i = 0; i < 40; ++i) {
    std::uint32_t expected = 0xFFFFFFFF;
    for (const char c : text) {
      expected ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) expected = (expected >> 1) ^ ((expected & 1) != 0 ? 0x82F63B78U : 0U);
    }
    CHECK(crc32c(text) == ~expected);
    text += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace hawser::test
