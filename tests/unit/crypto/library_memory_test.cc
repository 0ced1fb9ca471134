#include "src/crypto/library_memory.h"

#include <doctest/doctest.h>

#include <openssl/crypto.h>

#include <cstring>
#include <string>

namespace hawser::test {
namespace {

// All tests of this program run with it, as the programs do.
const bool kWipes = crypto::wipe_freed_library_memory();

TEST_CASE("Library memory: once it is wiped it stays so, and asking again says so") {
  CHECK(kWipes);
  CHECK(crypto::wipe_freed_library_memory());
}

TEST_CASE("Library memory: blocks keep what is in them when they grow, shrink and move") {
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

TEST_CASE("Library memory: wiping the stack leaves what callers have on it") {
  char mine[256];
  std::memset(mine, 'm', sizeof mine);
  double sum = 0.5;
  for (int i = 0; i < 10; ++i) {
    crypto::wipe_used_stack();
    sum += i;
  }
  CHECK(sum == 45.5);
  CHECK(std::string(mine, sizeof mine) == std::string(256, 'm'));
}

}  // namespace
}  // namespace hawser::test
