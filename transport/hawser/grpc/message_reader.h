// Splits DATA bytes into gRPC messages: a five-byte prefix (compressed flag, big-endian length), then the
// message (gRPC PROTOCOL-HTTP2, "Length-Prefixed-Message"). Two states:
//
//   kPrefix --5 bytes, length within the limit--> kBody --length bytes--> kPrefix
//      |                                            |
//      +--length over the limit, bad flag-----------+--> kFailed (further bytes are dropped)
//
// A message is collected in one contiguous buffer that grows with the bytes received, never ahead of them
// (P-48, S-18).
#pragma once

#include <array>
#include <cstdint>

#include "hawser/base/byte_queue.h"
#include "hawser/base/result.h"
#include "hawser/grpc/encoding.h"

namespace hawser::grpc {

class MessageReader final {
 public:
  static constexpr std::size_t kPrefixBytes = 5;

  /// What feed() stopped at.
  enum class Event {
    kNeedMore,  ///< All input used, no message complete.
    kMessage,   ///< message() is one; call next_message() before feeding on.
    kFailed,    ///< error() says why; the call can't go on.
  };

  /// Ready for a new stream. `max_message_bytes` bounds one message, on the wire and decompressed.
  void reset(std::size_t max_message_bytes);

  /// Uses bytes from the front of `input` up to the end of one message, and shortens `input` by them.
  Event feed(Bytes& input);

  /// Valid after kMessage until next_message() or reset().
  Bytes message() const { return buffer_.readable(); }
  /// The message came with the compressed flag; also after decompress().
  bool is_compressed() const { return compressed_; }
  /// Replaces message(), which is compressed, by what it says; that is bounded as a message on the wire is
  /// (P-47, S-26). Scope stream: as grpc::decompress(). Precondition: the encoding is supported and not
  /// identity.
  Result<void> decompress(Encoding encoding);
  void next_message();

  /// True between messages: the stream may end here (P-49).
  bool at_boundary() const { return state_ == State::kPrefix && prefix_size_ == 0; }
  /// Scope stream, a gRPC status code. Valid after kFailed.
  const Error& error() const { return error_; }
  /// Bytes of the message in assembly that are held now.
  std::size_t buffered_bytes() const { return buffer_.size(); }

 private:
  enum class State { kPrefix, kBody, kComplete, kFailed };

  void read_prefix(Bytes& input);
  void interpret_prefix();

  State state_ = State::kPrefix;
  bool compressed_ = false;
  std::array<std::uint8_t, kPrefixBytes> prefix_{};
  std::size_t prefix_size_ = 0;
  std::size_t length_ = 0;
  std::size_t max_message_bytes_ = 0;
  ByteQueue buffer_;
  Error error_;
};

}  // namespace hawser::grpc
