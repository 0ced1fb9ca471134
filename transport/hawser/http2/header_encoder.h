// The outgoing half of HPACK (RFC 7541), which is nghttp2's, and the blocks that it needn't encode again.
//
// Every block that is encoded has to be sent, in that order. Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "hawser/base/byte_queue.h"
#include "hawser/http2/known_blocks.h"
#include "hawser/http2/types.h"

struct nghttp2_hd_deflater;

namespace hawser::http2 {

struct MemoryTable;

class HeaderEncoder final {
 public:
  /// `pool` outlives it.
  explicit HeaderEncoder(MemoryPool& pool) : known_(pool) {}
  /// Before anything else. `table` outlives it. False for lack of memory.
  bool start(MemoryTable& table);

  /// The peer's SETTINGS_HEADER_TABLE_SIZE; more than 4 KiB are not used (S-27). False for lack of memory.
  bool set_table_size(std::uint32_t bytes);

  /// The block of these fields, when it is known; then they are not to be encoded. Lives until encode().
  Bytes find(std::span<const HeaderField> fields) const {
    const KnownBlock* known = known_.find(fields);
    return known != nullptr ? known->bytes() : Bytes();
  }
  /// As many bytes as the block of these fields may have at most.
  static std::size_t bound(std::span<const HeaderField> fields);
  /// Writes the block into `into`, which has at least bound(fields), and returns its size; nullopt for lack
  /// of memory, after which the connection can send no more headers.
  std::optional<std::size_t> encode(std::span<const HeaderField> fields, MutableBytes into);
  void give_memory_back() { known_.forget_all(); }

 private:
  struct Deleter {
    void operator()(nghttp2_hd_deflater* deflater) const;
  };

  std::unique_ptr<nghttp2_hd_deflater, Deleter> deflater_;
  KnownBlocks known_;
};

}  // namespace hawser::http2
