// What one connection holds of streams that nobody reads at the moment.
//
// A stream's own window bounds what it holds (no stream credit is given for held bytes). All streams together
// may hold `limit` bytes and yet get connection credit, so that one unread stream doesn't stop its
// neighbours; what goes beyond is credited when it is read. So a connection holds at most the limit and one
// connection window.
#pragma once

#include <cstddef>

namespace hawser::grpc {

class HeldBytes final {
 public:
  explicit HeldBytes(std::size_t limit) : limit_(limit) {}

  /// `size` more bytes are held. Returns the connection credit to give now.
  std::size_t hold(std::size_t size) {
    const std::size_t before = withheld();
    held_ += size;
    return size - (withheld() - before);
  }
  /// `size` bytes are held no longer. Returns the connection credit to give now.
  std::size_t release(std::size_t size) {
    const std::size_t before = withheld();
    held_ -= size;
    return before - withheld();
  }
  std::size_t held() const { return held_; }
  /// Bytes whose connection credit is still to be given.
  std::size_t withheld() const { return held_ > limit_ ? held_ - limit_ : 0; }

 private:
  std::size_t limit_;
  std::size_t held_ = 0;
};

}  // namespace hawser::grpc
