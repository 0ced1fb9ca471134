#include "hawser/base/page_store.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace hawser {

struct PageBlock::Slab {
  Slab(std::size_t block_pages, std::size_t size_of_block) : pages(block_pages), block_bytes(size_of_block) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    if (memory != nullptr) ::munmap(memory, bytes());
  }
  std::size_t bytes() const { return PageStore::kBlocksASlab * block_bytes; }

  std::uint8_t* memory = nullptr;
  const std::size_t pages;  // of a block
  const std::size_t block_bytes;
  std::size_t in_use = 0;
  std::array<PageBlock, PageStore::kBlocksASlab> blocks;
};

std::uint8_t* PageBlock::memory() const { return slab_->memory + index_ * slab_->block_bytes; }

std::size_t PageBlock::bytes() const { return slab_->block_bytes; }

bool PageBlock::has_only_zeros() const {
  // Compared with itself, one byte on: equal means that all are as the first.
  const std::uint8_t* const start = memory();
  return start[0] == 0 && std::memcmp(start, start + 1, bytes() - 1) == 0;
}

bool PageBlock::discard() { return ::madvise(memory(), bytes(), MADV_DONTNEED) == 0; }

PageStore::PageStore() : page_bytes_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {}

PageStore::~PageStore() = default;

PageBlock* PageStore::allocate(std::size_t bytes) {
  const std::size_t pages = (bytes + page_bytes_ - 1) / page_bytes_;
  FreeBlocks& free = free_blocks(pages);
  if (free.written.empty() && free.untouched.empty() && !add_slab(pages)) return nullptr;
  const bool was_written = !free.written.empty();
  PageBlock& block = was_written ? free.written.pop_front() : free.untouched.pop_front();
  if (was_written) kept_bytes_ -= block.bytes();
  if (block.slab_->in_use++ == 0) --free.empty_slabs;
  block.is_scratch = false;
  return &block;
}

void PageStore::free(PageBlock& block) {
  Slab& slab = *block.slab_;
  FreeBlocks& free = free_blocks(slab.pages);
  block.unlink();
  if (--slab.in_use == 0) {
    if (free.empty_slabs > 0) return drop(slab);
    ++free.empty_slabs;
  }
  const bool keeps_pages = kept_bytes_ + slab.block_bytes <= kKeepBytes || !block.discard();
  if (keeps_pages) {
    block.state_ = PageBlock::State::kWritten;
    kept_bytes_ += slab.block_bytes;
    free.written.push_back(block);
  } else {
    block.state_ = PageBlock::State::kUntouched;
    free.untouched.push_back(block);
  }
}

PageBlock* PageStore::find(const void* memory) const {
  const auto* const byte = static_cast<const std::uint8_t*>(memory);
  const auto next = std::upper_bound(
      slabs_.begin(), slabs_.end(), byte,
      [](const std::uint8_t* wanted, const std::unique_ptr<Slab>& slab) { return wanted < slab->memory; });
  if (next == slabs_.begin()) return nullptr;
  Slab& slab = **std::prev(next);
  const auto offset = static_cast<std::size_t>(byte - slab.memory);
  if (offset >= slab.bytes() || offset % slab.block_bytes != 0) return nullptr;
  return &slab.blocks[offset / slab.block_bytes];
}

std::size_t PageStore::resident_bytes() const {
  std::vector<unsigned char> pages(kBlocksASlab * kMostPages);
  std::size_t resident = 0;
  for (const std::unique_ptr<Slab>& slab : slabs_) {
    if (::mincore(slab->memory, slab->bytes(), pages.data()) != 0) continue;
    const auto end = pages.begin() + static_cast<std::ptrdiff_t>(kBlocksASlab * slab->pages);
    resident += page_bytes_ * static_cast<std::size_t>(std::count_if(
                                  pages.begin(), end, [](unsigned char page) { return (page & 1) != 0; }));
  }
  return resident;
}

// Called by nghttp2 for memory, through which no exception may pass.
bool PageStore::add_slab(std::size_t pages) try {
  const std::size_t block_bytes = pages * page_bytes_;
  const std::size_t bytes = kBlocksASlab * block_bytes;
  auto owned = std::make_unique<Slab>(pages, block_bytes);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  owned->memory = static_cast<std::uint8_t*>(memory);
  static_cast<void>(::madvise(memory, bytes, MADV_NOHUGEPAGE));  // a kernel without them knows no such advice
  const auto place = std::lower_bound(
      slabs_.begin(), slabs_.end(), owned,
      [](const std::unique_ptr<Slab>& a, const std::unique_ptr<Slab>& b) { return a->memory < b->memory; });
  Slab& slab = **slabs_.insert(place, std::move(owned));
  FreeBlocks& free = free_blocks(pages);
  for (std::size_t i = 0; i < kBlocksASlab; ++i) {
    PageBlock& block = slab.blocks[i];
    block.slab_ = &slab;
    block.index_ = static_cast<std::uint16_t>(i);
    free.untouched.push_back(block);
  }
  ++free.empty_slabs;
  ++mappings_;
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

/// None of its blocks is in use; they leave the lists as they end.
void PageStore::drop(Slab& slab) {
  for (const PageBlock& block : slab.blocks) {
    if (block.is_linked() && block.state_ == PageBlock::State::kWritten) kept_bytes_ -= slab.block_bytes;
  }
  std::erase_if(slabs_, [&slab](const std::unique_ptr<Slab>& each) { return each.get() == &slab; });
}

}  // namespace hawser
