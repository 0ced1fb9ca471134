// Header blocks that leave HPACK's dynamic table alone (RFC 7541 6.1, 6.2.2, 6.2.3): as long as nothing else
// changes the table, the same bytes mean the same fields and the same fields give the same bytes. Calls of
// one client are nearly all alike, so the block of the next call is that of the last one, byte by byte.
//
// One KnownBlocks a direction of a connection; it holds a few blocks. Its owner says when the table changed.
// What they say is the same for all connections of clients that are alike, so equal blocks of one loop are
// one in memory (KnownBlockStore), and in the cache.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hawser/base/byte_queue.h"
#include "hawser/http2/memory_pool.h"
#include "hawser/http2/message_checks.h"
#include "hawser/http2/types.h"

namespace hawser::http2 {

/// What a block does to the table.
enum class BlockKind {
  kChangesTable,  ///< Also when it is none.
  kPersonal,  ///< It leaves the table alone, and has fields that are never to be indexed (RFC 7541 7.1.3).
  kCommon,    ///< It leaves the table alone, and has no such fields.
};
BlockKind kind_of(Bytes block);

/// One block: its bytes and its fields, in one piece of memory.
class KnownBlock final {
 public:
  Bytes bytes() const { return {reinterpret_cast<const std::uint8_t*>(text_), wire_size_}; }
  std::span<const HeaderField> fields() const { return {fields_, field_count_}; }
  /// Of this block and these fields, in all of the process, and of no others. Never 0.
  std::uint64_t number() const { return number_; }
  /// What the checks said of a message that began with this block; only when it did.
  bool is_head() const { return is_head_; }
  const MessageChecks& checks() const { return checks_; }

 private:
  friend class KnownBlocks;
  friend class KnownBlockStore;

  HeaderField* fields_ = nullptr;
  char* text_ = nullptr;  // the block, then names and values
  std::uint32_t wire_size_ = 0;
  std::uint32_t field_count_ = 0;
  std::uint32_t holders_ = 1;
  bool is_head_ = false;
  MessageChecks checks_;
  std::uint64_t digest_ = 0;  // of the bytes
  std::uint64_t number_ = 0;
};

/// The blocks of all connections of a loop, each once.
class KnownBlockStore final {
 public:
  /// `pool` outlives it.
  explicit KnownBlockStore(MemoryPool& pool) : pool_(pool) {}

  /// One like that, to be given back by let_go(); nullptr for lack of memory or when the block is large.
  KnownBlock* hold(Bytes block, std::span<const HeaderField> fields, const MessageChecks* checks);
  void let_go(KnownBlock* block);

 private:
  static constexpr std::size_t kPlaces = 64;

  KnownBlock* make(Bytes block, std::span<const HeaderField> fields, const MessageChecks* checks);

  MemoryPool& pool_;
  MemoryPool::Pages pages_;  // of none: blocks are smaller
  // By digest; those of the same place are not found, and no harm is done.
  std::array<KnownBlock*, kPlaces> recent_{};
};

class KnownBlocks final {
 public:
  /// Larger blocks, and those of more fields, are not remembered.
  static constexpr std::size_t kLargestBlock = 512;
  static constexpr std::size_t kMostFields = 24;

  /// `pool` outlives it.
  explicit KnownBlocks(MemoryPool& pool) : store_(pool.known_blocks()) {}
  ~KnownBlocks() { forget_all(); }
  KnownBlocks(const KnownBlocks&) = delete;
  KnownBlocks& operator=(const KnownBlocks&) = delete;

  /// nullptr when it isn't known.
  const KnownBlock* find(Bytes block) const;
  const KnownBlock* find(std::span<const HeaderField> fields) const;

  /// True when the same block was among the last few: those that never come again are not worth remembering.
  /// Precondition: kind_of(block) isn't kChangesTable.
  bool is_worth_learning(Bytes block);
  /// `checks`: of a message that began with the block, else nullptr. Nothing happens for lack of memory or
  /// when the block is large.
  void learn(Bytes block, std::span<const HeaderField> fields, const MessageChecks* checks);
  /// The table has changed.
  void forget_all();

 private:
  static constexpr std::size_t kSlots = 4;

  KnownBlockStore& store_;
  std::array<KnownBlock*, kSlots> slots_{};
  std::uint32_t next_ = 0;  // slot that is filled next
  // Digests of what was seen last: a call has a head and trailers, which come in turn.
  std::array<std::uint64_t, 3> candidates_{};
  std::uint32_t next_candidate_ = 0;
};

}  // namespace hawser::http2
