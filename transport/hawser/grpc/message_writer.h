// One outgoing message: five bytes of prefix reserved, the message serialised in place behind them, then
// pulled by the session in chunks of its own choosing.
#pragma once

#include <cstdint>

#include "hawser/base/byte_queue.h"

namespace hawser::grpc {

class MessageWriter final {
 public:
  /// What becomes of a message that has been read to its end.
  enum class AfterRead {
    kForget,
    kKeep,  ///< rewind() brings it back: a request that may have to be sent again.
  };

  /// Room for exactly `size` bytes to serialise into; the prefix before it is written. Replaces any earlier
  /// message. `size` fits 32 bits.
  MutableBytes begin(std::size_t size, AfterRead after_read = AfterRead::kForget);
  bool has_message() const { return remaining() > 0; }
  std::size_t remaining() const { return queue_.size() - read_; }
  /// Moves up to `into.size()` bytes out, prefix first.
  std::size_t read(MutableBytes into);
  /// Starts again at the prefix. Without kKeep only before the last byte was read.
  void rewind() { read_ = 0; }
  void clear();

 private:
  ByteQueue queue_;
  std::size_t read_ = 0;  // invariant: read_ <= queue_.size()
  AfterRead after_read_ = AfterRead::kForget;
};

}  // namespace hawser::grpc
