#include "hawser/http2/memory_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include "hawser/http2/memory_table.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::MemoryPool;

TEST_CASE("MemoryPool: a freed block is handed out again") {
  MemoryPool pool;
  void* first = pool.allocate(100);
  REQUIRE(first != nullptr);
  CHECK(pool.blocks_in_use() == 1);
  CHECK(pool.heap_allocations() == 1);
  pool.free(first);
  CHECK(pool.blocks_in_use() == 0);
  CHECK(pool.allocate(90) == first);
  CHECK(pool.heap_allocations() == 1);
  pool.free(first);
}

TEST_CASE("MemoryPool: blocks have the alignment that malloc gives") {
  MemoryPool pool;
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 1000U, 8192U, 8193U, 100'000U}) {
    void* block = pool.allocate(size);
    REQUIRE(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
    std::memset(block, 0x5A, size);
    pool.free(block);
  }
}

TEST_CASE("MemoryPool: sizes of one class share its list, others don't") {
  MemoryPool pool;
  void* block = pool.allocate(64);
  pool.free(block);
  void* same_class = pool.allocate(33);
  CHECK(same_class == block);
  void* smaller = pool.allocate(32);
  CHECK(smaller != block);
  CHECK(pool.heap_allocations() == 2);
  pool.free(same_class);
  pool.free(smaller);
}

TEST_CASE("MemoryPool: blocks above the largest class go to the heap and back") {
  MemoryPool pool;
  for (int i = 0; i < 3; ++i) {
    void* block = pool.allocate(16 * 1024);
    CHECK(pool.blocks_in_use() == 1);
    pool.free(block);
  }
  CHECK(pool.blocks_in_use() == 0);
  CHECK(pool.heap_allocations() == 3);
}

TEST_CASE("MemoryPool: reallocate keeps the contents and stays in place while it fits") {
  MemoryPool pool;
  void* block = pool.reallocate(nullptr, 40);
  std::memcpy(block, "contents", 9);
  CHECK(pool.reallocate(block, 64) == block);
  CHECK(pool.reallocate(block, 10) == block);
  void* larger = pool.reallocate(block, 5000);
  CHECK(std::memcmp(larger, "contents", 9) == 0);
  void* huge = pool.reallocate(larger, 50'000);
  CHECK(std::memcmp(huge, "contents", 9) == 0);
  CHECK(pool.blocks_in_use() == 1);
  pool.free(huge);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: freeing nothing is nothing") {
  MemoryPool pool;
  pool.free(nullptr);
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: a size beyond all limits is refused") {
  MemoryPool pool;
  CHECK(pool.allocate(std::size_t{1} << 33) == nullptr);
  CHECK(pool.allocate(std::numeric_limits<std::size_t>::max()) == nullptr);
  CHECK(pool.blocks_in_use() == 0);
  void* block = pool.allocate(10);
  CHECK(pool.reallocate(block, std::size_t{1} << 33) == nullptr);
  pool.free(block);  // a failed reallocate leaves the block
  CHECK(pool.blocks_in_use() == 0);
}

TEST_CASE("MemoryPool: free lists are bounded") {
  MemoryPool pool;
  constexpr int kBlocks = 1000;
  constexpr std::size_t kSize = 8192;
  std::vector<void*> blocks;
  for (int i = 0; i < kBlocks; ++i) blocks.push_back(pool.allocate(kSize));
  CHECK(pool.heap_allocations() == kBlocks);
  for (void* block : blocks) pool.free(block);
  for (void*& block : blocks) block = pool.allocate(kSize);
  // 512 KiB of this class were kept; the rest went back to the heap and had to be asked for again.
  CHECK(pool.heap_allocations() == 2 * kBlocks - 64);
  for (void* block : blocks) pool.free(block);
}

TEST_CASE("MemoryPool: the library's table reaches the pool") {
  MemoryPool pool;
  const nghttp2_mem& table = pool.table().library;
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
      auto* block = static_cast<unsigned char*>(pool.allocate(size));
      const auto mark = static_cast<unsigned char>(random());
      std::fill_n(block, size, mark);
      REQUIRE(live.emplace(block, std::pair(size, mark)).second);
    } else {
      auto victim = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      REQUIRE(check(*victim));
      pool.free(victim->first);
      live.erase(victim);
    }
    REQUIRE(pool.blocks_in_use() == live.size());
  }
  for (const auto& entry : live) {
    CHECK(check(entry));
    pool.free(entry.first);
  }
  CHECK(pool.blocks_in_use() == 0);
}

}  // namespace
}  // namespace hawser::test
