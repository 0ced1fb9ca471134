// Outgoing messages, first in, first out: for each one five bytes of prefix reserved, the message serialised
// in place behind them, then pulled by the session in chunks of its own choosing.
#pragma once

#include <cstdint>

#include "hawser/base/byte_queue.h"
#include "hawser/grpc/encoding.h"

namespace hawser::grpc {

class MessageWriter final {
 public:
  /// What becomes of bytes that have been read.
  enum class AfterRead {
    kForget,
    kKeep,  ///< rewind() brings them back: a request that may have to be sent again (P-104).
  };

  /// Replaces everything by one message: append() with a new rule. `size` fits 32 bits.
  MutableBytes begin(std::size_t size, AfterRead after_read = AfterRead::kForget) {
    begin_many(after_read);
    return append(size);
  }
  /// Forgets everything; messages are to be appended.
  void begin_many(AfterRead after_read);
  /// Room for exactly `size` bytes of one more message; the prefix before it is written. To be filled before
  /// the next call of this object.
  MutableBytes append(std::size_t size, bool compressed = false);
  /// Compresses the message of the last append() or begin(), unless it is compressed already or gets no
  /// smaller. Precondition: nothing of it was read yet; the encoding is supported and not identity.
  void compress_last(Encoding encoding);
  /// Takes over the messages of `other`, of which nothing was read yet; it is empty then.
  void append_all(MessageWriter& other);

  bool has_message() const { return remaining() > 0; }
  /// Bytes to be read, prefixes included.
  std::size_t remaining() const { return queue_.size() - read_; }
  /// The last byte that was read ended a message, or nothing was read: what waits may be dropped without
  /// leaving half a message on the wire. kForget only.
  bool at_message_boundary() const { return message_left_ == 0; }
  /// Moves up to `into.size()` bytes out, prefix first.
  std::size_t read(MutableBytes into);

  /// kKeep: bytes that were read, and are kept.
  std::size_t kept() const { return read_; }
  bool can_rewind() const { return after_read_ == AfterRead::kKeep; }
  /// kKeep: starts again at the first prefix.
  void rewind() { read_ = 0; }
  /// kKeep becomes kForget: no rewind() any more.
  void forget_read();
  void clear();

 private:
  void follow(std::size_t size);

  ByteQueue queue_;
  std::size_t read_ = 0;          // of kKeep; invariant: read_ <= queue_.size()
  std::size_t message_left_ = 0;  // of kForget: of the message that has been read in part
  std::size_t last_bytes_ = 0;    // of the message that was appended last, without its prefix
  AfterRead after_read_ = AfterRead::kForget;
};

}  // namespace hawser::grpc
