// The allocator that nghttp2 sessions of one loop share, through a SessionMemory each; no locks.
//
//   up to 2 KiB         size classes with free lists: nghttp2 allocates and frees a dozen such blocks a call:
//                       a list pop and push each. The lists are bounded, so an attack's memory goes back
//   a page to 8 pages   whole pages (base/page_store.h), which a session can give back while it is quiet
//   the rest            the C++ heap, at its exact size: the library's session structure among them
//
// Threads: one (the loop's). Must outlive every session that uses it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "hawser/base/byte_queue.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/page_store.h"

namespace hawser::http2 {

class KnownBlockStore;

class MemoryPool final {
 public:
  /// Blocks of whole pages that one session has.
  using Pages = IntrusiveList<PageBlock>;

  MemoryPool();
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// Blocks in use by sessions, and requests that had to go to the heap or the kernel since the start: what
  /// the allocation tests and metrics read.
  std::size_t blocks_in_use() const { return blocks_in_use_; }
  std::uint64_t heap_allocations() const { return heap_allocations_ + page_store_.mappings(); }
  /// What the kernel holds of the whole pages. Slow, for tests.
  std::size_t resident_page_bytes() const { return page_store_.resident_bytes(); }

  KnownBlockStore& known_blocks();
  /// Room for what one frame may carry, for whoever needs it within one call.
  MutableBytes scratch();

  // For SessionMemory. A block of whole pages joins `pages`, and leaves it when it is freed.
  void* allocate(std::size_t size, Pages& pages) {
    const std::size_t size_class = class_of(size);
    if (size_class >= kClasses || free_[size_class].head == nullptr) return allocate_slowly(size, pages);
    FreeList& list = free_[size_class];
    Header* header = list.head;
    list.head = header->next;
    ++list.room;
    ++blocks_in_use_;
    return header + 1;
  }
  void* allocate_zeroed(std::size_t size, Pages& pages);
  void* reallocate(void* block, std::size_t size, Pages& pages);
  void free(void* block) {
    if (block == nullptr || (is_aligned(block) && free_pages(block))) return;
    Header* header = static_cast<Header*>(block) - 1;
    --blocks_in_use_;
    FreeList& list = free_[header->size_class];
    if (list.room == 0) return free_to_heap(header);
    header->next = list.head;
    list.head = header;
    --list.room;
  }

 private:
  // Precedes each block that isn't of whole pages. Sixteen bytes, so that blocks keep malloc's alignment.
  struct alignas(16) Header {
    Header* next;              // while free
    std::uint32_t size_class;  // kClasses: a heap block
    std::uint32_t capacity;    // bytes after the header
  };
  struct FreeList {
    Header* head = nullptr;
    std::size_t room = 0;  // blocks that it may still take
  };
  static constexpr std::size_t kSmallestClass = 32;
  static constexpr std::size_t kClasses = 7;  // 32 B … 2 KiB
  static constexpr std::size_t kKeepBytesPerClass = 512 * 1024;
  static constexpr std::uintptr_t kSmallestPage = 4096;

  static std::size_t class_of(std::size_t size) {
    if (size <= kSmallestClass) return 0;
    return static_cast<std::size_t>(std::bit_width(size - 1) - std::bit_width(kSmallestClass - 1));
  }
  /// Blocks of whole pages are; of the others, few happen to be.
  static bool is_aligned(const void* block) {
    return reinterpret_cast<std::uintptr_t>(block) % kSmallestPage == 0;
  }
  void* allocate_slowly(std::size_t size, Pages& pages);
  PageBlock* allocate_pages(std::size_t size, Pages& pages);
  PageBlock* find_pages(const void* block) const {
    return is_aligned(block) ? page_store_.find(block) : nullptr;
  }
  bool free_pages(void* block);
  static void free_to_heap(Header* header);

  std::array<FreeList, kClasses + 1> free_{};  // the last one, of heap blocks, has no room
  std::size_t blocks_in_use_ = 0;
  std::uint64_t heap_allocations_ = 0;
  PageStore page_store_;
  std::unique_ptr<std::uint8_t[]> scratch_;
  std::unique_ptr<KnownBlockStore> known_blocks_;
};

}  // namespace hawser::http2
