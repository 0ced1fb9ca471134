#include <doctest/doctest.h>

#include <string>

#include "src/crypto/signature_encoding.h"
#include "unit/crypto/vector_file.h"

namespace hawser::test {
namespace {

using crypto::der_to_p1363;
using crypto::p1363_to_der;

constexpr std::size_t kP256 = 32;

TEST_CASE("Signature encoding: small numbers are padded in P1363 and bare in DER") {
  const std::string der = from_hex("3006020101020102");
  const std::string p1363 = std::string(31, '\0') + '\1' + std::string(31, '\0') + '\2';
  CHECK(der_to_p1363(der, kP256) == p1363);
  CHECK(p1363_to_der(p1363, kP256) == der);
}

TEST_CASE("Signature encoding: numbers with the highest bit get DER's zero byte") {
  const std::string p1363 = std::string(32, '\xFF') + std::string(32, '\x80');
  const auto der = p1363_to_der(p1363, kP256);
  REQUIRE(der);
  CHECK(der->size() == 2 + 2 * (2 + 33));
  CHECK(der_to_p1363(*der, kP256) == p1363);
}

TEST_CASE("Signature encoding: what is none is refused") {
  for (const char* hex : {"", "30", "3006020101", "300602010102010200", "3106020101020102", "0201010201"}) {
    CAPTURE(hex);
    CHECK_FALSE(der_to_p1363(from_hex(hex), kP256));
  }
  // r longer than the curve's, and negative.
  CHECK_FALSE(der_to_p1363(*p1363_to_der(std::string(96, '\x7F'), 48), kP256));
  for (const std::size_t size : {0, 1, 63, 65, 96}) CHECK_FALSE(p1363_to_der(std::string(size, 'x'), kP256));
  CHECK_FALSE(p1363_to_der("", 0));
}

}  // namespace
}  // namespace hawser::test
