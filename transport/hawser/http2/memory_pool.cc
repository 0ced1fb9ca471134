#include "hawser/http2/memory_pool.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "hawser/http2/frame.h"
#include "hawser/http2/known_blocks.h"

namespace hawser::http2 {

MemoryPool::MemoryPool() {
  for (std::size_t i = 0; i < kClasses; ++i) free_[i].room = kKeepBytesPerClass / (kSmallestClass << i);
}

MemoryPool::~MemoryPool() {
  for (FreeList& list : free_) {
    while (list.head != nullptr) {
      Header* header = list.head;
      list.head = header->next;
      free_to_heap(header);
    }
  }
}

KnownBlockStore& MemoryPool::known_blocks() {
  if (known_blocks_ == nullptr) known_blocks_ = std::make_unique<KnownBlockStore>(*this);
  return *known_blocks_;
}

MutableBytes MemoryPool::scratch() {
  if (scratch_ == nullptr) scratch_.reset(new std::uint8_t[kLargestPayload]);
  return {scratch_.get(), kLargestPayload};
}

void* MemoryPool::allocate_slowly(std::size_t size, Pages& pages) {
  if (page_store_.takes(size)) {
    PageBlock* const block = allocate_pages(size, pages);
    return block == nullptr ? nullptr : block->memory();
  }
  const std::size_t size_class = std::min(class_of(size), kClasses);
  const std::size_t capacity = size_class < kClasses ? kSmallestClass << size_class : size;
  // The library's limits keep every request far below this; a larger one is refused, as malloc may.
  if (capacity > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  void* memory = ::operator new(sizeof(Header) + capacity, std::nothrow);
  if (memory == nullptr) return nullptr;
  ++heap_allocations_;
  ++blocks_in_use_;
  auto* header = new (memory)
      Header{nullptr, static_cast<std::uint32_t>(size_class), static_cast<std::uint32_t>(capacity)};
  return header + 1;
}

PageBlock* MemoryPool::allocate_pages(std::size_t size, Pages& pages) {
  PageBlock* const block = page_store_.allocate(size);
  if (block == nullptr) return nullptr;
  ++blocks_in_use_;
  pages.push_back(*block);
  return block;
}

void* MemoryPool::allocate_zeroed(std::size_t size, Pages& pages) {
  if (page_store_.takes(size)) {
    PageBlock* const block = allocate_pages(size, pages);
    if (block == nullptr) return nullptr;
    if (!block->is_untouched()) std::memset(block->memory(), 0, size);
    return block->memory();
  }
  void* const block = allocate(size, pages);
  if (block != nullptr) std::memset(block, 0, size);
  return block;
}

void* MemoryPool::reallocate(void* block, std::size_t size, Pages& pages) {
  if (block == nullptr) {
    void* const fresh = allocate(size, pages);
    if (PageBlock* const whole_pages = find_pages(fresh)) whole_pages->is_scratch = true;
    return fresh;
  }
  const PageBlock* const whole_pages = find_pages(block);
  const std::size_t capacity =
      whole_pages != nullptr ? whole_pages->bytes() : (static_cast<Header*>(block) - 1)->capacity;
  if (size <= capacity) return block;
  void* const larger = allocate(size, pages);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, capacity);
  free(block);
  return larger;
}

bool MemoryPool::free_pages(void* block) {
  PageBlock* const whole_pages = page_store_.find(block);
  if (whole_pages == nullptr) return false;
  --blocks_in_use_;
  page_store_.free(*whole_pages);
  return true;
}

void MemoryPool::free_to_heap(Header* header) { ::operator delete(header); }

}  // namespace hawser::http2
