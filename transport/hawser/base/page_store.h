// Blocks of a page and more, in whole pages of the kernel, which can go back while the block stays.
//
// Blocks of one size come from slabs: many thousand of them are few mappings. What describes a block
// (PageBlock) is apart from it, so pages that nobody has written to cost nothing. Huge pages are refused: one
// written byte would make two megabytes resident.
//
// A freed block keeps its pages up to kKeepBytes in all, so that connections that come and go make no system
// calls; beyond that they go back to the kernel. A slab without blocks in use goes, but for one of each size.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hawser/base/intrusive_list.h"

namespace hawser {

/// The description of one block. In use it may be in a list of its user's: free() takes it out.
class PageBlock final : public ListLink {
 public:
  std::uint8_t* memory() const;
  std::size_t bytes() const;
  /// Of a block just allocated: nobody has written to it, so it reads as zeros.
  bool is_untouched() const { return state_ == State::kUntouched; }
  bool has_only_zeros() const;
  /// Makes the contents zeros and gives the pages back. Where the kernel refuses (locked memory), nothing
  /// changes and the answer is false.
  bool discard();

  bool is_scratch = false;  ///< The user's own mark; false in a block just allocated.

 private:
  friend class PageStore;
  struct Slab;
  enum class State : std::uint8_t { kUntouched, kWritten };

  Slab* slab_ = nullptr;
  std::uint16_t index_ = 0;
  State state_ = State::kUntouched;
};

class PageStore final {
 public:
  static constexpr std::size_t kMostPages = 8;
  static constexpr std::size_t kBlocksASlab = 64;
  static constexpr std::size_t kKeepBytes = 512 * 1024;

  PageStore();
  /// All blocks were freed.
  ~PageStore();
  PageStore(const PageStore&) = delete;
  PageStore& operator=(const PageStore&) = delete;

  std::size_t page_bytes() const { return page_bytes_; }
  /// A block of this size belongs here: at least a page, and at most kMostPages.
  bool takes(std::size_t bytes) const { return bytes >= page_bytes_ && bytes <= kMostPages * page_bytes_; }
  /// Null for lack of memory. `bytes`: see takes(). What is_untouched() is no longer known afterwards.
  PageBlock* allocate(std::size_t bytes);
  void free(PageBlock& block);
  /// The block in use that begins at `memory`; null when that is none of this store.
  PageBlock* find(const void* memory) const;

  /// Slabs that were mapped since the start.
  std::uint64_t mappings() const { return mappings_; }
  std::size_t slabs() const { return slabs_.size(); }
  /// What the kernel holds in memory for blocks in use and free ones. Asks it (mincore(2)): for tests.
  std::size_t resident_bytes() const;

 private:
  using Slab = PageBlock::Slab;
  struct FreeBlocks {
    IntrusiveList<PageBlock> written;
    IntrusiveList<PageBlock> untouched;
    std::size_t empty_slabs = 0;
  };

  bool add_slab(std::size_t pages);
  void drop(Slab& slab);
  FreeBlocks& free_blocks(std::size_t pages) { return free_[pages - 1]; }

  const std::size_t page_bytes_;
  std::vector<std::unique_ptr<Slab>> slabs_;  // by address
  std::array<FreeBlocks, kMostPages> free_;
  std::size_t kept_bytes_ = 0;  // of written blocks that are free
  std::uint64_t mappings_ = 0;
};

}  // namespace hawser
