#include "hawser/http2/memory_pool.h"

#include <bit>
#include <cstring>
#include <limits>
#include <new>

#include "hawser/http2/memory_table.h"

namespace hawser::http2 {

// Sixteen bytes, so that blocks keep the alignment that malloc gives.
struct alignas(16) MemoryPool::Header {
  Header* next;              // while free
  std::uint32_t size_class;  // kClasses: a heap block
  std::uint32_t capacity;    // bytes after the header
};

namespace {

inline std::size_t class_of(std::size_t size, std::size_t smallest) {
  if (size <= smallest) return 0;
  return static_cast<std::size_t>(std::bit_width(size - 1) - std::bit_width(smallest - 1));
}

MemoryPool& pool_of(void* user_data) { return *static_cast<MemoryPool*>(user_data); }

void* pool_malloc(std::size_t size, void* user_data) { return pool_of(user_data).allocate(size); }
void pool_free(void* block, void* user_data) { pool_of(user_data).free(block); }
void* pool_calloc(std::size_t count, std::size_t size, void* user_data) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  void* block = pool_of(user_data).allocate(count * size);
  if (block != nullptr) std::memset(block, 0, count * size);
  return block;
}
void* pool_realloc(void* block, std::size_t size, void* user_data) {
  return pool_of(user_data).reallocate(block, size);
}

}  // namespace

MemoryPool::MemoryPool()
    : table_(new MemoryTable{{this, &pool_malloc, &pool_free, &pool_calloc, &pool_realloc}}) {}

MemoryPool::~MemoryPool() {
  for (FreeList& list : free_) {
    while (list.head != nullptr) {
      Header* header = list.head;
      list.head = header->next;
      ::operator delete(header);
    }
  }
}

void* MemoryPool::allocate(std::size_t size) {
  const std::size_t size_class = class_of(size, kSmallestClass);
  if (size_class >= kClasses || free_[size_class].head == nullptr) return allocate_from_heap(size);
  FreeList& list = free_[size_class];
  Header* header = list.head;
  list.head = header->next;
  --list.count;
  ++blocks_in_use_;
  return header + 1;
}

void* MemoryPool::allocate_from_heap(std::size_t size) {
  const std::size_t size_class = class_of(size, kSmallestClass);
  const bool pooled = size_class < kClasses;
  const std::size_t capacity = pooled ? kSmallestClass << size_class : size;
  // The library's limits keep every request far below this; a larger one is refused, as malloc may.
  if (capacity > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  void* memory = ::operator new(sizeof(Header) + capacity, std::nothrow);
  if (memory == nullptr) return nullptr;
  ++heap_allocations_;
  ++blocks_in_use_;
  auto* header = new (memory) Header{nullptr, static_cast<std::uint32_t>(pooled ? size_class : kClasses),
                                     static_cast<std::uint32_t>(capacity)};
  return header + 1;
}

void* MemoryPool::reallocate(void* block, std::size_t size) {
  if (block == nullptr) return allocate(size);
  const Header* header = static_cast<Header*>(block) - 1;
  if (size <= header->capacity) return block;
  void* larger = allocate(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, header->capacity);
  free(block);
  return larger;
}

void MemoryPool::free(void* block) {
  if (block == nullptr) return;
  Header* header = static_cast<Header*>(block) - 1;
  --blocks_in_use_;
  if (header->size_class < kClasses) {
    FreeList& list = free_[header->size_class];
    if (list.count * header->capacity < kKeepBytesPerClass) {
      header->next = list.head;
      list.head = header;
      ++list.count;
      return;
    }
  }
  ::operator delete(header);
}

}  // namespace hawser::http2
