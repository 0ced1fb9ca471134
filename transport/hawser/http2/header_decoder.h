// The incoming half of HPACK (RFC 7541), which is nghttp2's, and the blocks that it needn't decode again.
//
// A block comes in any number of fragments, in the order of the connection, and has to be decoded to its
// end: the table belongs to all streams. Threads: one.
#pragma once

#include <memory>

#include "hawser/base/byte_queue.h"
#include "hawser/http2/known_blocks.h"
#include "hawser/http2/types.h"

struct nghttp2_hd_inflater;

namespace hawser::http2 {

struct MemoryTable;

class HeaderDecoder final {
 public:
  /// `pool` outlives it.
  explicit HeaderDecoder(MemoryPool& pool) : known_(pool) {}
  /// Before anything else. `table` outlives it. False for lack of memory.
  bool start(MemoryTable& table);

  enum class Step {
    kField,      ///< `field` is one; its views live until the next call. Call again.
    kMoreBytes,  ///< The fragment is used up.
    kEnd,        ///< The block is over.
    kBroken,     ///< It is no HPACK: COMPRESSION_ERROR (RFC 9113 4.3).
  };
  /// Takes bytes off `fragment`. `is_last`: no fragment follows.
  Step next(Bytes& fragment, bool is_last, HeaderField& field);

  /// The whole block, when its fields are known; then it is not to be decoded.
  const KnownBlock* find(Bytes block) const { return known_.find(block); }
  /// Before the whole of a block is decoded. True: learn() is worth being called after it.
  bool is_worth_learning(Bytes block);
  /// Before the first fragment of one that hasn't come whole.
  void begin_fragments() { known_.forget_all(); }
  void learn(Bytes block, std::span<const HeaderField> fields, const MessageChecks* checks) {
    known_.learn(block, fields, checks);
  }
  void give_memory_back() { known_.forget_all(); }

 private:
  struct Deleter {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };

  std::unique_ptr<nghttp2_hd_inflater, Deleter> inflater_;
  KnownBlocks known_;
};

}  // namespace hawser::http2
