#include "hawser/grpc/message_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/message_reader.h"

namespace hawser::grpc {

void MessageWriter::begin_many(AfterRead after_read) {
  clear();
  after_read_ = after_read;
}

MutableBytes MessageWriter::append(std::size_t size, bool compressed) {
  MutableBytes room = queue_.reserve(MessageReader::kPrefixBytes + size);
  room[0] = compressed ? 1 : 0;
  room[1] = static_cast<std::uint8_t>(size >> 24);
  room[2] = static_cast<std::uint8_t>(size >> 16);
  room[3] = static_cast<std::uint8_t>(size >> 8);
  room[4] = static_cast<std::uint8_t>(size);
  queue_.commit(MessageReader::kPrefixBytes + size);
  last_bytes_ = size;
  return room.subspan(MessageReader::kPrefixBytes, size);
}

void MessageWriter::compress_last(Encoding encoding) {
  if (queue_.empty()) return;
  const std::size_t before = queue_.size() - MessageReader::kPrefixBytes - last_bytes_;
  const Bytes last = std::as_const(queue_).readable().subspan(before);
  ByteQueue smaller;
  if (last[0] != 0 || !compress(encoding, last.subspan(MessageReader::kPrefixBytes), smaller)) return;
  queue_.truncate(before);
  const Bytes bytes = std::as_const(smaller).readable();
  std::memcpy(append(bytes.size(), true).data(), bytes.data(), bytes.size());
}

void MessageWriter::append_all(MessageWriter& other) {
  if (queue_.empty()) {
    std::swap(queue_, other.queue_);  // both keep a block to write into
  } else {
    queue_.append(std::as_const(other.queue_).readable());
  }
  other.clear();
}

std::size_t MessageWriter::read(MutableBytes into) {
  const std::size_t size = std::min(into.size(), remaining());
  if (size == 0) return 0;
  std::memcpy(into.data(), queue_.readable().data() + read_, size);
  if (after_read_ == AfterRead::kKeep) {
    read_ += size;
  } else {
    follow(size);
    queue_.consume(size);
  }
  return size;
}

/// Goes from message to message by their prefixes, `size` bytes far.
void MessageWriter::follow(std::size_t size) {
  if (size == queue_.size()) {
    message_left_ = 0;
    return;
  }
  const std::uint8_t* at = std::as_const(queue_).readable().data();
  while (size > message_left_) {
    at += message_left_;
    size -= message_left_;
    message_left_ = MessageReader::kPrefixBytes +
                    (static_cast<std::size_t>(at[1]) << 24 | static_cast<std::size_t>(at[2]) << 16 |
                     static_cast<std::size_t>(at[3]) << 8 | static_cast<std::size_t>(at[4]));
  }
  message_left_ -= size;
}

void MessageWriter::forget_read() {
  if (read_ > 0) follow(read_);
  queue_.consume(read_);
  read_ = 0;
  after_read_ = AfterRead::kForget;
}

void MessageWriter::clear() {
  message_left_ = 0;
  queue_.clear();
  read_ = 0;
}

}  // namespace hawser::grpc
