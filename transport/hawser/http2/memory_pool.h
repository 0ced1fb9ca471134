// The allocator that nghttp2 sessions of one loop share: size classes with free lists, no locks.
//
// nghttp2 allocates and frees a dozen small blocks a call; here that is a list pop and push. Blocks above
// the largest class go to the C++ heap. Free lists are bounded, so an attack's memory goes back.
//
// Threads: one (the loop's). Must outlive every session that uses it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace hawser::http2 {

struct MemoryTable;  // nghttp2_mem; memory_table.h

class MemoryPool final {
 public:
  MemoryPool();
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// The table to pass to nghttp2_session_*_new3.
  MemoryTable& table() { return *table_; }

  /// Blocks in use by sessions, and requests that had to go to the heap since the start: what the allocation
  /// tests and metrics read.
  std::size_t blocks_in_use() const { return blocks_in_use_; }
  std::uint64_t heap_allocations() const { return heap_allocations_; }

  void* allocate(std::size_t size);
  void* reallocate(void* block, std::size_t size);
  void free(void* block);

 private:
  struct Header;  // precedes each block: its class and capacity
  struct FreeList {
    Header* head = nullptr;
    std::size_t count = 0;
  };
  static constexpr std::size_t kSmallestClass = 32;
  static constexpr std::size_t kClasses =
      9;  // 32 B … 8 KiB; frame buffers (16 KiB, one a session) are heap blocks
  static constexpr std::size_t kKeepBytesPerClass = 512 * 1024;

  void* allocate_from_heap(std::size_t size);

  std::array<FreeList, kClasses> free_{};
  std::size_t blocks_in_use_ = 0;
  std::uint64_t heap_allocations_ = 0;
  std::unique_ptr<MemoryTable> table_;
};

}  // namespace hawser::http2
