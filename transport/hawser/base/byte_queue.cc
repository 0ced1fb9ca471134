#include "hawser/base/byte_queue.h"

#include <algorithm>
#include <cstring>

namespace hawser {
namespace {
constexpr std::size_t kSmallestBlock = 512;
}

ByteQueue& ByteQueue::operator=(ByteQueue&& other) noexcept {
  block_ = std::move(other.block_);
  capacity_ = std::exchange(other.capacity_, 0);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

void ByteQueue::consume(std::size_t size) {
  begin_ += size;
  if (begin_ == end_) clear();
}

void ByteQueue::clear() {
  begin_ = end_ = 0;
  if (capacity_ > kKeepBytes) release();
}

void ByteQueue::release() {
  block_.reset();
  capacity_ = begin_ = end_ = 0;
}

void ByteQueue::make_room(std::size_t size) {
  const std::size_t held = this->size();
  // Sliding the bytes down is enough when it frees at least half of the block: otherwise a full queue
  // would be moved again and again for a few bytes.
  if (capacity_ - held >= size && begin_ >= held) {
    std::memmove(block_.get(), block_.get() + begin_, held);
  } else {
    const std::size_t wanted = std::max({held + size, 2 * held, kSmallestBlock});
    std::unique_ptr<std::uint8_t[]> block(new std::uint8_t[wanted]);
    if (held > 0) std::memcpy(block.get(), block_.get() + begin_, held);
    block_ = std::move(block);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = held;
}

}  // namespace hawser
