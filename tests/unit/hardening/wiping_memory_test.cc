#include "src/hardening/wiping_memory.h"

#include <doctest/doctest.h>

#include <openssl/crypto.h>

#include <cstring>
#include <string>

namespace hawser::test {
namespace {

// All tests of this program run with it, as the programs do.
const bool kWipes = hardening::wipe_openssl_memory().has_value();

TEST_CASE("Wiping memory: it can be asked for again while the library is in use") {
  CHECK(kWipes);
  OPENSSL_free(OPENSSL_malloc(1));
  CHECK(hardening::wipe_openssl_memory());
}

TEST_CASE("Wiping memory: blocks keep what is in them when they grow, shrink and move") {
  REQUIRE(kWipes);
  char* block = static_cast<char*>(OPENSSL_malloc(10));
  REQUIRE(block != nullptr);
  std::memcpy(block, "0123456789", 10);
  for (const std::size_t size :
       {std::size_t{11}, std::size_t{5000}, std::size_t{1'000'000}, std::size_t{10}}) {
    block = static_cast<char*>(OPENSSL_realloc(block, size));
    REQUIRE(block != nullptr);
    CHECK(std::string(block, 10) == "0123456789");
    if (size > 10) block[size - 1] = 'x';
  }
  OPENSSL_free(block);
  block = static_cast<char*>(OPENSSL_realloc(nullptr, 16));
  REQUIRE(block != nullptr);
  CHECK(OPENSSL_realloc(block, 0) == nullptr);
  OPENSSL_free(nullptr);
}

}  // namespace
}  // namespace hawser::test
