// Flow control (RFC 9113 5.2, 6.9) of one stream or of a connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hawser/http2/frame.h"

namespace hawser::http2 {

/// What we may send.
class SendWindow final {
 public:
  explicit SendWindow(std::int64_t bytes = kDefaultWindow) : bytes_(bytes) {}
  /// Negative after the peer has made it smaller than what was sent.
  std::int64_t bytes() const { return bytes_; }
  void take(std::size_t size) { bytes_ -= static_cast<std::int64_t>(size); }
  /// False: it would be over 2^31-1, FLOW_CONTROL_ERROR; then nothing changes.
  bool give(std::int64_t size) {
    if (bytes_ + size > kLargestWindow) return false;
    bytes_ += size;
    return true;
  }

 private:
  std::int64_t bytes_;
};

/// What the peer may send, and how much of what it sent has been used and can be given back: in steps of
/// half of the window.
class ReceiveWindow final {
 public:
  explicit ReceiveWindow(std::int64_t size = kDefaultWindow) : left_(size) {}
  /// False: the peer has sent more than it may.
  bool take(std::size_t size) {
    left_ -= static_cast<std::int64_t>(size);
    return left_ >= 0;
  }
  /// `size` bytes were used; `window` is how large the window is to be. Returns the WINDOW_UPDATE that is due
  /// now, or 0.
  std::uint32_t use(std::size_t size, std::int64_t window) {
    used_ += static_cast<std::int64_t>(size);
    if (used_ == 0 || used_ < window / 2) return 0;
    return credit(window);
  }
  /// The window's size has changed by so much, as the peer knows.
  void resize(std::int64_t difference) { left_ += difference; }

 private:
  std::uint32_t credit(std::int64_t window) {
    const std::int64_t increment = std::min(used_, window - left_);
    used_ = 0;
    if (increment <= 0) return 0;
    left_ += increment;
    return static_cast<std::uint32_t>(increment);
  }

  std::int64_t left_;
  std::int64_t used_ = 0;
};

}  // namespace hawser::http2
