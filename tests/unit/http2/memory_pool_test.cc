#include "hawser/http2/memory_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include "hawser/http2/memory_table.h"
#include "hawser/http2/session_memory.h"
#include "support/allocation_counter.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::MemoryPool;
using http2::SessionMemory;

TEST_CASE("MemoryPool: a freed block is handed out again") {
  MemoryPool pool;
  SessionMemory memory(pool);
  void* first = memory.allocate(100);
  REQUIRE(first != nullptr);
  CHECK(pool.blocks_in_use() == 1);
  CHECK(pool.heap_allocations() == 1);
  memory.free(first);
  CHECK(pool.blocks_in_use() == 0);
  CHECK(memory.allocate(90) == first);
  CHECK(pool.heap_allocations() == 1);
  memory.free(first);
}

TEST_CASE("MemoryPool: blocks have the alignment that malloc gives") {
  MemoryPool pool;
  SessionMemory memory(pool);
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 1000U, 2048U, 2049U, 4095U, 4096U, 8193U, 100'000U}) {
    void* block = memory.allocate(size);
    REQUIRE(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
    std::memset(block, 0x5A, size);
    memory.free(block);
  }
}

TEST_CASE("MemoryPool: sizes of one class share its list, others don't") {
  MemoryPool pool;
  SessionMemory memory(pool);
  void* block = memory.allocate(64);
  memory.free(block);
  void* same_class = memory.allocate(33);
  CHECK(same_class == block);
  void* smaller = memory.allocate(32);
  CHECK(smaller != block);
  CHECK(pool.heap_allocations() == 2);
  memory.free(same_class);
  memory.free(smaller);
}

TEST_CASE("MemoryPool: blocks above the largest class go to the heap and back") {
  MemoryPool pool;
  SessionMemory memory(pool);
  for (int i = 0; i < 3; ++i) {
    void* block = memory.allocate(64 * 1024);
    CHECK(pool.blocks_in_use() == 1);
    memory.free(block);
  }
  CHECK(pool.blocks_in_use() == 0);
  CHECK(pool.heap_allocations() == 3);
}

TEST_CASE("MemoryPool: reallocate keeps the contents and stays in place while it fits") {
  MemoryPool pool;
  SessionMemory memory(pool);
  void* block = memory.reallocate(nullptr, 40);
  std::memcpy(block, "contents", 9);
  CHECK(memory.reallocate(block, 64) == block);
  CHECK(memory.reallocate(block, 10) == block);
  void* larger = memory.reallocate(block, 5000);
  CHECK(std::memcmp(larger, "contents", 9) == 0);
  void* huge = memory.reallocate(larger, 50'000);
  CHECK(std::memcmp(huge, "contents", 9) == 0);
  CHECK(pool.blocks_in_use() == 1);
  memory.free(huge);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: freeing nothing is nothing") {
  MemoryPool pool;
  SessionMemory memory(pool);
  memory.free(nullptr);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: a size beyond all limits is refused") {
  MemoryPool pool;
  SessionMemory memory(pool);
  CHECK(memory.allocate(std::size_t{1} << 33) == nullptr);
  CHECK(memory.allocate(std::numeric_limits<std::size_t>::max()) == nullptr);
  CHECK(pool.blocks_in_use() == 0);
  void* block = memory.allocate(10);
  CHECK(memory.reallocate(block, std::size_t{1} << 33) == nullptr);
  memory.free(block);  // a failed reallocate leaves the block
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: free lists are bounded") {
  MemoryPool pool;
  SessionMemory memory(pool);
  constexpr int kBlocks = 1000;
  constexpr std::size_t kSize = 2048;
  std::vector<void*> blocks;
  for (int i = 0; i < kBlocks; ++i) blocks.push_back(memory.allocate(kSize));
  CHECK(pool.heap_allocations() == kBlocks);
  for (void* block : blocks) memory.free(block);
  for (void*& block : blocks) block = memory.allocate(kSize);
  // 512 KiB of this class were kept; the rest went back to the heap and had to be asked for again.
  CHECK(pool.heap_allocations() == 2 * kBlocks - 256);
  for (void* block : blocks) memory.free(block);
}

TEST_CASE("MemoryPool: blocks between the largest class and a page are as large as was asked") {
  MemoryPool pool;
  SessionMemory memory(pool);
  const AllocationCounter allocations;
  void* block = memory.allocate(2928);
  if (AllocationCounter::kAvailable) CHECK(allocations.bytes() == 2928 + 16);
  memory.free(block);
}

TEST_CASE("MemoryPool: zeros are zeros in recycled blocks of every kind") {
  MemoryPool pool;
  SessionMemory memory(pool);
  for (const std::size_t size : {100U, 3000U, 4096U, 5000U, 16'394U, 50'000U}) {
    for (int i = 0; i < 3; ++i) {
      auto* block = static_cast<unsigned char*>(memory.allocate_zeroed(size));
      CHECK(std::count(block, block + size, 0) == static_cast<std::ptrdiff_t>(size));
      std::memset(block, 0xFF, size);
      memory.free(block);
    }
  }
}

TEST_CASE("MemoryPool: once warm, whole pages come without a system call") {
  MemoryPool pool;
  SessionMemory memory(pool);
  std::uint64_t warm = 0;
  for (int i = 0; i < 100; ++i) {
    void* map = memory.allocate_zeroed(4096);
    void* frame = memory.reallocate(nullptr, 16'394);
    CHECK(reinterpret_cast<std::uintptr_t>(map) % 4096 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(frame) % 4096 == 0);
    memory.free(map);
    memory.free(frame);
    if (i == 0) warm = pool.heap_allocations();
  }
  CHECK(pool.heap_allocations() == warm);
}

TEST_CASE("MemoryPool: a session's pages go back when they are zeros or its frame buffer, and no others") {
  MemoryPool pool;
  SessionMemory memory(pool);
  SessionMemory neighbour(pool);
  auto* map = static_cast<unsigned char*>(memory.allocate_zeroed(4096));
  auto* used_map = static_cast<unsigned char*>(memory.allocate_zeroed(4096));
  auto* frame = static_cast<unsigned char*>(memory.reallocate(nullptr, 16'394));
  auto* other = static_cast<unsigned char*>(memory.allocate(16'394));
  auto* foreign = static_cast<unsigned char*>(neighbour.reallocate(nullptr, 16'394));
  map[100] = 1;
  map[100] = 0;
  used_map[4095] = 1;
  for (unsigned char* block : {frame, other, foreign}) std::memset(block, 7, 16'394);
  const std::size_t before = pool.resident_page_bytes();
  memory.give_pages_back();
  CHECK(before - pool.resident_page_bytes() == 4096U + 5 * 4096U);
  CHECK(used_map[4095] == 1);
  CHECK(std::count(map, map + 4096, 0) == 4096);
  for (unsigned char* block : {other, foreign}) CHECK(std::count(block, block + 16'394, 7) == 16'394);
  std::memset(frame, 8, 16'394);  // it is used again as if nothing had been
  CHECK(std::count(frame, frame + 16'394, 8) == 16'394);
  for (unsigned char* block : {map, used_map, frame, other}) memory.free(block);
  neighbour.free(foreign);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: a block that was a frame buffer is none when it comes again as another") {
  MemoryPool pool;
  SessionMemory memory(pool);
  void* const frame = memory.reallocate(nullptr, 16'394);
  memory.free(frame);
  auto* block = static_cast<unsigned char*>(memory.allocate(16'394));
  REQUIRE(block == frame);
  block[0] = 1;
  memory.give_pages_back();
  CHECK(block[0] == 1);
  memory.free(block);
}

TEST_CASE("MemoryPool: the library's table reaches the pool") {
  MemoryPool pool;
  SessionMemory memory(pool);
  const nghttp2_mem table = memory.table().library;
  auto* bytes = static_cast<unsigned char*>(table.calloc(10, 20, table.mem_user_data));
  REQUIRE(bytes != nullptr);
  CHECK(pool.blocks_in_use() == 1);
  for (int i = 0; i < 200; ++i) CHECK(bytes[i] == 0);
  std::memset(bytes, 0xFF, 200);
  table.free(bytes, table.mem_user_data);
  // A recycled block is zeroed again.
  bytes = static_cast<unsigned char*>(table.calloc(1, 200, table.mem_user_data));
  for (int i = 0; i < 200; ++i) CHECK(bytes[i] == 0);
  table.free(bytes, table.mem_user_data);
  CHECK(table.calloc(std::numeric_limits<std::size_t>::max() / 2, 3, table.mem_user_data) == nullptr);
  void* block = table.realloc(table.malloc(8, table.mem_user_data), 800, table.mem_user_data);
  CHECK(pool.blocks_in_use() == 1);
  table.free(block, table.mem_user_data);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: random use keeps every block's bytes its own") {
  MemoryPool pool;
  SessionMemory memory(pool);
  std::mt19937_64 random = seeded_generator(0x9001);
  std::map<unsigned char*, std::pair<std::size_t, unsigned char>> live;
  const auto check = [](const auto& entry) {
    unsigned char* block = entry.first;
    const auto [size, mark] = entry.second;
    return std::count(block, block + size, mark) == static_cast<std::ptrdiff_t>(size);
  };
  for (int i = 0; i < 20'000; ++i) {
    const bool grow = live.size() < 10 || (live.size() < 200 && random() % 2 == 0);
    if (grow) {
      const std::size_t size = random() % (random() % 10 == 0 ? 20'000 : 300);
      auto* block = static_cast<unsigned char*>(memory.allocate(size));
      const auto mark = static_cast<unsigned char>(random());
      std::fill_n(block, size, mark);
      REQUIRE(live.emplace(block, std::pair(size, mark)).second);
    } else {
      auto victim = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      REQUIRE(check(*victim));
      memory.free(victim->first);
      live.erase(victim);
    }
    REQUIRE(pool.blocks_in_use() == live.size());
  }
  for (const auto& entry : live) {
    CHECK(check(entry));
    memory.free(entry.first);
  }
  CHECK(pool.blocks_in_use() == 0);
}

}  // namespace
}  // namespace hawser::test
