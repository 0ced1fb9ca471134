#include "hawser/http2/session_memory.h"

#include <limits>

#include "hawser/http2/memory_table.h"

namespace hawser::http2 {
namespace {

SessionMemory& memory_of(void* user_data) { return *static_cast<SessionMemory*>(user_data); }

void* library_malloc(std::size_t size, void* user_data) { return memory_of(user_data).allocate(size); }
void library_free(void* block, void* user_data) { memory_of(user_data).free(block); }
void* library_calloc(std::size_t count, std::size_t size, void* user_data) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  return memory_of(user_data).allocate_zeroed(count * size);
}
void* library_realloc(void* block, std::size_t size, void* user_data) {
  return memory_of(user_data).reallocate(block, size);
}

}  // namespace

MemoryTable SessionMemory::table() {
  return {{this, &library_malloc, &library_free, &library_calloc, &library_realloc}};
}

void SessionMemory::give_pages_back() {
  pages_.for_each([](PageBlock& block) {
    // Refused, the pages stay: nothing depends on it.
    if (block.is_scratch || block.has_only_zeros()) static_cast<void>(block.discard());
  });
}

}  // namespace hawser::http2
