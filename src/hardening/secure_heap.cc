#include "src/hardening/secure_heap.h"

#include <bit>
#include <string>

#include <openssl/crypto.h>

namespace hawser::hardening {
namespace {

constexpr std::size_t kMib = 1024 * 1024;
constexpr std::size_t kSmallestBlock = 32;  // a P-256 key
// What CRYPTO_secure_malloc_init() gives besides 0 and 1 (CRYPTO_secure_malloc_init(3)).
constexpr int kWithoutProtection = 2;

}  // namespace

Result<HeapState> make_secure_heap(std::size_t mib) {
  if (mib == 0 || mib > kMostSecureHeapMib) {
    return usage_error("a secure heap has from 1 to " + std::to_string(kMostSecureHeapMib) +
                       " MiB, and not " + std::to_string(mib));
  }
  if (CRYPTO_secure_malloc_initialized() != 0) return usage_error("there is a secure heap already");
  const std::size_t size = std::bit_ceil(mib) * kMib;
  const int made = CRYPTO_secure_malloc_init(size, kSmallestBlock);
  if (made == 0) return usage_error("no memory for a secure heap of " + std::to_string(size / kMib) + " MiB");
  return made == kWithoutProtection ? HeapState::kNotLocked : HeapState::kLocked;
}

std::size_t secure_heap_used() {
  // Without one, OpenSSL 3.0 takes a lock that isn't there.
  return CRYPTO_secure_malloc_initialized() != 0 ? CRYPTO_secure_used() : 0;
}

}  // namespace hawser::hardening
