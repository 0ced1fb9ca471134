// A FIFO of bytes in one contiguous block: append at the end, consume at the front.
//
// One thread. Views stay valid until the next non-const call. Memory grows by doubling up to what is
// held, never ahead of it, and an emptied queue gives back a block larger than kKeepBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace hawser {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

class ByteQueue {
 public:
  static constexpr std::size_t kKeepBytes = 64 * 1024;

  ByteQueue() = default;
  /// Moving leaves the other one empty.
  ByteQueue(ByteQueue&& other) noexcept { *this = std::move(other); }
  ByteQueue& operator=(ByteQueue&& other) noexcept;

  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }
  /// What reserve() gives without moving or allocating anything.
  std::size_t room() const { return capacity_ - end_; }
  Bytes readable() const { return {block_.get() + begin_, size()}; }
  MutableBytes readable() { return {block_.get() + begin_, size()}; }

  void append(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  /// At least `size` bytes of room at the end, to be filled and then committed.
  MutableBytes reserve(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return {block_.get() + end_, capacity_ - end_};
  }
  /// `size` bytes written into the last reserve() become readable.
  void commit(std::size_t size) { end_ += size; }
  void consume(std::size_t size);
  /// Forgets all but the first `size` bytes.
  void truncate(std::size_t size) { end_ = begin_ + size; }
  /// Forgets the contents; keeps the block when it is at most kKeepBytes.
  void clear();
  /// Forgets the contents and the block.
  void release();

 private:
  void make_room(std::size_t size);

  std::unique_ptr<std::uint8_t[]> block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // invariant: begin_ <= end_ <= capacity_
  std::size_t end_ = 0;
};

}  // namespace hawser
