#include "src/hardening/secure_heap.h"

#include <doctest/doctest.h>
#include <openssl/crypto.h>

namespace hawser::test {

TEST_CASE("secure heap: it is made once, and OpenSSL's secrets live in it") {
  CHECK(hardening::secure_heap_used() == 0);
  CHECK_FALSE(hardening::make_secure_heap(0));
  CHECK_FALSE(hardening::make_secure_heap(1025));
  const auto made = hardening::make_secure_heap(3);
  REQUIRE(made);
  void* secret = OPENSSL_secure_malloc(900);
  REQUIRE(secret != nullptr);
  CHECK(CRYPTO_secure_allocated(secret) == 1);
  CHECK(hardening::secure_heap_used() >= 900);
  // 3 MiB became 4: OpenSSL wants powers of two.
  void* most = OPENSSL_secure_malloc(2 * 1024 * 1024);
  CHECK(most != nullptr);
  OPENSSL_secure_free(most);
  OPENSSL_secure_clear_free(secret, 900);
  CHECK(hardening::secure_heap_used() == 0);
  const auto again = hardening::make_secure_heap(1);
  REQUIRE_FALSE(again);
  CHECK(again.error().scope == ErrorScope::kUsage);
}

}  // namespace hawser::test
