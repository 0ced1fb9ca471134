#include "hawser/base/page_store.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace hawser::test {
namespace {

constexpr std::size_t kMany = 10 * PageStore::kBlocksASlab;

bool is_filled(const PageBlock& block, std::uint8_t byte) {
  const std::uint8_t* const memory = block.memory();
  return std::count(memory, memory + block.bytes(), byte) == static_cast<std::ptrdiff_t>(block.bytes());
}

TEST_CASE("PageStore: takes sizes from a page to eight") {
  const PageStore store;
  const std::size_t page = store.page_bytes();
  CHECK_FALSE(store.takes(0));
  CHECK_FALSE(store.takes(page - 1));
  CHECK(store.takes(page));
  CHECK(store.takes(8 * page));
  CHECK_FALSE(store.takes(8 * page + 1));
}

TEST_CASE("PageStore: blocks are whole pages of zeros, and nothing is resident before they are written to") {
  PageStore store;
  PageBlock* block = store.allocate(2 * store.page_bytes() + 1);
  REQUIRE(block != nullptr);
  CHECK(block->bytes() == 3 * store.page_bytes());
  CHECK(reinterpret_cast<std::uintptr_t>(block->memory()) % store.page_bytes() == 0);
  CHECK(store.resident_bytes() == 0);
  CHECK(block->is_untouched());
  CHECK(block->has_only_zeros());
  block->memory()[block->bytes() - 1] = 1;
  CHECK_FALSE(block->has_only_zeros());
  store.free(*block);
}

TEST_CASE("PageStore: what was discarded is zeros and not resident, and may be written again") {
  PageStore store;
  PageBlock& block = *store.allocate(4 * store.page_bytes());
  for (int i = 0; i < 3; ++i) {
    std::memset(block.memory(), 5, block.bytes());
    CHECK(store.resident_bytes() == block.bytes());
    CHECK(block.discard());
    CHECK(store.resident_bytes() == 0);
    CHECK(is_filled(block, 0));
  }
  store.free(block);
}

TEST_CASE("PageStore: blocks are found by their beginning alone") {
  PageStore store;
  PageBlock& block = *store.allocate(2 * store.page_bytes());
  CHECK(store.find(block.memory()) == &block);
  CHECK(store.find(block.memory() + 1) == nullptr);
  CHECK(store.find(block.memory() + store.page_bytes()) == nullptr);
  CHECK(store.find(&store) == nullptr);
  CHECK(store.find(nullptr) == nullptr);
  store.free(block);
}

TEST_CASE("PageStore: a freed block comes again with what was in it, and says so") {
  PageStore store;
  PageBlock* first = store.allocate(store.page_bytes());
  first->is_scratch = true;
  std::memset(first->memory(), 9, first->bytes());
  store.free(*first);
  PageBlock* again = store.allocate(store.page_bytes());
  CHECK(again == first);
  CHECK_FALSE(again->is_untouched());
  CHECK_FALSE(again->is_scratch);
  store.free(*again);
}

TEST_CASE("PageStore: freeing takes a block out of its user's list") {
  PageStore store;
  IntrusiveList<PageBlock> mine;
  PageBlock& block = *store.allocate(store.page_bytes());
  mine.push_back(block);
  store.free(block);
  CHECK(mine.empty());
}

TEST_CASE("PageStore: what free blocks keep resident is bounded, and slabs go") {
  PageStore store;
  std::vector<PageBlock*> blocks;
  for (std::size_t i = 0; i < kMany; ++i) {
    blocks.push_back(store.allocate(store.page_bytes()));
    std::memset(blocks.back()->memory(), 1, blocks.back()->bytes());
  }
  CHECK(store.mappings() == 10);
  CHECK(store.resident_bytes() == kMany * store.page_bytes());
  SUBCASE("first come, first freed") {}
  SUBCASE("the other way round") { std::reverse(blocks.begin(), blocks.end()); }
  SUBCASE("across all slabs") {
    std::stable_partition(blocks.begin(), blocks.end(), [i = 0](PageBlock*) mutable { return i++ % 7 == 0; });
  }
  for (PageBlock* block : blocks) store.free(*block);
  CHECK(store.slabs() == 1);
  CHECK(store.resident_bytes() <= PageStore::kKeepBytes);
  // Kept blocks and fresh ones are told apart.
  for (PageBlock*& block : blocks) {
    block = store.allocate(store.page_bytes());
    CHECK(is_filled(*block, block->is_untouched() ? 0 : 1));
  }
  for (PageBlock* block : blocks) store.free(*block);
}

TEST_CASE("PageStore: one block that comes and goes at the edge of a slab maps nothing") {
  PageStore store;
  std::vector<PageBlock*> blocks;
  for (std::size_t i = 0; i < PageStore::kBlocksASlab; ++i) blocks.push_back(store.allocate(8192));
  for (int i = 0; i < 10; ++i) store.free(*store.allocate(8192));
  CHECK(store.mappings() == 2);
  for (PageBlock* block : blocks) store.free(*block);
}

}  // namespace
}  // namespace hawser::test
