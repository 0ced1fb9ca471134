#include "hawser/grpc/message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/status.h"

namespace hawser::grpc {
namespace {

Error stream_error(StatusCode code, std::string detail) {
  return Error{ErrorScope::kStream, static_cast<int>(code), std::move(detail)};
}

Bytes take(Bytes& input, std::size_t size) {
  const Bytes front = input.first(size);
  input = input.subspan(size);
  return front;
}

}  // namespace

void MessageReader::reset(std::size_t max_message_bytes) {
  state_ = State::kPrefix;
  prefix_size_ = 0;
  max_message_bytes_ = max_message_bytes;
  buffer_.clear();
}

MessageReader::Event MessageReader::feed(Bytes& input) {
  if (state_ == State::kPrefix) read_prefix(input);
  if (state_ == State::kBody) {
    buffer_.append(take(input, std::min(length_ - buffer_.size(), input.size())));
    if (buffer_.size() == length_) state_ = State::kComplete;
  }
  if (state_ == State::kComplete) return Event::kMessage;
  if (state_ == State::kFailed) {
    input = {};
    return Event::kFailed;
  }
  return Event::kNeedMore;
}

Result<void> MessageReader::decompress(Encoding encoding) {
  ByteQueue plain;
  Result<void> done =
      grpc::decompress(encoding, std::as_const(buffer_).readable(), max_message_bytes_, plain);
  if (done) buffer_ = std::move(plain);
  return done;
}

void MessageReader::next_message() {
  buffer_.clear();
  state_ = State::kPrefix;
  prefix_size_ = 0;
}

void MessageReader::read_prefix(Bytes& input) {
  const Bytes part = take(input, std::min(kPrefixBytes - prefix_size_, input.size()));
  if (!part.empty()) std::memcpy(prefix_.data() + prefix_size_, part.data(), part.size());
  prefix_size_ += part.size();
  if (prefix_size_ == kPrefixBytes) interpret_prefix();
}

void MessageReader::interpret_prefix() {
  length_ = static_cast<std::size_t>(prefix_[1]) << 24 | static_cast<std::size_t>(prefix_[2]) << 16 |
            static_cast<std::size_t>(prefix_[3]) << 8 | static_cast<std::size_t>(prefix_[4]);
  compressed_ = prefix_[0] == 1;
  if (prefix_[0] > 1) {
    error_ = stream_error(StatusCode::kInternal,
                          "invalid message flag " + std::to_string(prefix_[0]) + ": not a gRPC message");
    state_ = State::kFailed;
  } else if (length_ > max_message_bytes_) {
    error_ = stream_error(StatusCode::kResourceExhausted, "message of " + std::to_string(length_) +
                                                              " bytes is over the receive limit of " +
                                                              std::to_string(max_message_bytes_));
    state_ = State::kFailed;
  } else {
    state_ = State::kBody;
  }
}

}  // namespace hawser::grpc
