// What one session has of its loop's MemoryPool: the library's allocator, and which pages are the session's.
//
// Given back while the session is quiet, with what nghttp2 1.52 makes of them:
//   the frame buffer   16 KiB that the library asks for by realloc() of nothing (nghttp2_buf_reserve(), and
//                      nothing else). Frames are packed into it and read from it by
//                      nghttp2_session_mem_send(); when the last one was taken, active_outbound_item_reset()
//                      sets its position and its end to its beginning, and each frame is written before it is
//                      read. So without a frame under way its contents are never read again, and may become
//                      zeros
//   pages of zeros     the map of streams, 4 KiB (nghttp2_map_remove() clears the entry): zeros they stay
// HPACK's tables, and whatever else there may be, have blocks that are neither, and are left alone.
//
// Threads: the pool's.
#pragma once

#include "hawser/http2/memory_pool.h"

namespace hawser::http2 {

struct MemoryTable;  // nghttp2_mem; memory_table.h

class SessionMemory final {
 public:
  /// `pool` outlives it.
  explicit SessionMemory(MemoryPool& pool) : pool_(pool) {}
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  /// The table to pass to nghttp2_session_*_new3, which copies it; its blocks are freed before this ends.
  MemoryTable table();

  void* allocate(std::size_t size) { return pool_.allocate(size, pages_); }
  void* allocate_zeroed(std::size_t size) { return pool_.allocate_zeroed(size, pages_); }
  void* reallocate(void* block, std::size_t size) { return pool_.reallocate(block, size, pages_); }
  void free(void* block) { pool_.free(block); }

  /// No frame is under way (see above).
  void give_pages_back();

 private:
  MemoryPool& pool_;
  MemoryPool::Pages pages_;
};

}  // namespace hawser::http2
