// Drives one io::Protocol in memory, as io::Connection does on a socket: bytes in pieces of the test's
// choosing, output collected and parsed, a clock that the test moves.
//
//   ProtocolDriver driver(protocol);
//   driver.feed(script.take(), Chunking::bytewise());
//   driver.advance(std::chrono::seconds(10));
//   CHECK(driver.sent().summary() == "SETTINGS, …");
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/io/protocol.h"
#include "support/bytes.h"
#include "support/chunking.h"
#include "support/frame_parser.h"

namespace hawser::test {

/// Where test clocks start: not zero, so that a forgotten Instant{} is far in the past.
inline constexpr Instant kTestStart = Instant(std::chrono::hours(1000));

class ProtocolDriver final : public io::OutputNotifier {
 public:
  /// kByHand: drain() leaves bytes in the queue for send() to take (MemoryPipe does that). kOpaque: at once,
  /// and it is no HTTP/2 (TLS): sent() stays empty.
  enum class Sending { kAtOnce, kByHand, kOpaque };

  /// `protocol` must outlive the driver's last use; it is attached and drained at once.
  explicit ProtocolDriver(io::Protocol& protocol, Sending sending = Sending::kAtOnce);
  ProtocolDriver(const ProtocolDriver&) = delete;
  ProtocolDriver& operator=(const ProtocolDriver&) = delete;

  /// Gives the bytes to the protocol, draining after each piece. What comes after finished() is dropped, as a
  /// socket's lingering input is.
  void feed(std::string_view bytes, const Chunking& chunking = Chunking::whole());
  /// One receive() and a drain.
  void receive(Bytes bytes);
  /// Drains until the protocol has nothing more, or is blocked.
  void drain();
  /// Moves the clock, stopping at each instant that the protocol asked for.
  void advance(Duration duration);
  /// Moves the clock to `instant` without looking at expiries between.
  void set_now(Instant instant) { now_ = instant; }
  /// Calls expire() when it is due.
  void expire_if_due();
  /// The byte stream ended.
  void disconnect(int error_number = 0);

  /// A blocked driver drains into its queue up to the high-water mark and sends nothing, as with a peer that
  /// doesn't read.
  void set_blocked(bool blocked);
  /// Bytes that leave a turn; 0: all. See send().
  void set_write_capacity(std::size_t bytes) { write_capacity_ = bytes; }
  /// As with kOpaque.
  void set_opaque() { opaque_ = true; }
  /// Moves bytes from the queue to `sent` as the capacity allows, and returns them.
  std::string send();

  Instant now() const { return now_; }
  /// Frames sent so far.
  FrameParser& sent() { return sent_; }
  std::size_t sent_bytes() const { return sent_bytes_; }
  std::size_t queued_bytes() const { return output_.size(); }
  bool wants_input() const {
    if (protocol_.finished()) return false;
    return queued_bytes() < io::Protocol::kOutputHighWater || !protocol_.is_backlogged();
  }
  /// Finished, and all of its output has left.
  bool is_done() const { return protocol_.finished() && output_.empty(); }
  io::Protocol& protocol() { return protocol_; }

  void on_output_ready() override { output_ready_ = true; }
  /// on_output_ready was called since the last drain.
  bool output_ready() const { return output_ready_; }

 private:
  io::Protocol& protocol_;
  Sending sending_;
  bool opaque_;
  Instant now_ = kTestStart;
  ByteQueue output_;
  FrameParser sent_;
  std::size_t sent_bytes_ = 0;
  std::size_t write_capacity_ = 0;
  bool blocked_ = false;
  bool output_ready_ = false;
};

}  // namespace hawser::test
