#include "hawser/grpc/message_writer.h"

#include <algorithm>
#include <cstring>

#include "hawser/grpc/message_reader.h"

namespace hawser::grpc {

MutableBytes MessageWriter::begin(std::size_t size, AfterRead after_read) {
  clear();
  after_read_ = after_read;
  MutableBytes room = queue_.reserve(MessageReader::kPrefixBytes + size);
  room[0] = 0;  // not compressed
  room[1] = static_cast<std::uint8_t>(size >> 24);
  room[2] = static_cast<std::uint8_t>(size >> 16);
  room[3] = static_cast<std::uint8_t>(size >> 8);
  room[4] = static_cast<std::uint8_t>(size);
  queue_.commit(MessageReader::kPrefixBytes + size);
  return room.subspan(MessageReader::kPrefixBytes, size);
}

std::size_t MessageWriter::read(MutableBytes into) {
  const std::size_t size = std::min(into.size(), remaining());
  if (size > 0) std::memcpy(into.data(), queue_.readable().data() + read_, size);
  read_ += size;
  if (after_read_ == AfterRead::kForget && remaining() == 0) clear();
  return size;
}

void MessageWriter::clear() {
  queue_.clear();
  read_ = 0;
}

}  // namespace hawser::grpc
