#include "src/hardening/wiping_memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <openssl/crypto.h>

namespace hawser::hardening {
namespace {

void* allocate(std::size_t size, const char*, int) { return std::malloc(size); }

void wipe_and_free(void* block, const char*, int) {
  if (block == nullptr) return;
  OPENSSL_cleanse(block, malloc_usable_size(block));
  std::free(block);
}

// realloc() may move what is in the block and leave a copy: so by hand.
void* resize(void* block, std::size_t size, const char* file, int line) {
  if (block == nullptr) return allocate(size, file, line);
  if (size == 0) {
    wipe_and_free(block, file, line);
    return nullptr;
  }
  const std::size_t room = malloc_usable_size(block);
  if (size <= room && size >= room / 2) return block;
  void* larger = std::malloc(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, std::min(room, size));
  wipe_and_free(block, file, line);
  return larger;
}

}  // namespace

Result<void> wipe_openssl_memory() {
  if (CRYPTO_set_mem_functions(&allocate, &resize, &wipe_and_free) == 1) return {};
  return usage_error("OpenSSL has allocated memory before it could be told to wipe it");
}

}  // namespace hawser::hardening
