// The stages of one call, for a client that asked for them (grpc/server_timing.h):
//
//   start() --queue-- enter_handler() --handler-- leave_handler() --reply-- report()
//
// Of the two in the middle bindings know best; where none says anything, the handler's time is that from
// Method::start to finish(). A call that nobody asked about pays a look at one pointer a stage, and no clock.
//
// Threads: the loop's; leave_handler() also that of the handler, before it hands the call back.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/http2/header_block.h"

namespace hawser::server {

class CallTiming final {
 public:
  /// Tells the time, on any thread. Protocols are told it (base/clock.h), but as of the last read: between
  /// that and the reply lies what is measured here.
  using ReadClock = Instant (*)();

  /// The request is complete, read at `received`, and its method is about to be started.
  void start(ReadClock clock, Instant received);
  /// Nothing will be reported.
  void stop() { clock_ = nullptr; }
  bool is_on() const { return clock_ != nullptr; }

  /// The last one counts.
  void enter_handler() {
    if (is_on()) [[unlikely]]
      note_entry();
  }
  /// The first one counts.
  void leave_handler() {
    if (is_on()) [[unlikely]]
      note_exit();
  }
  /// The last bytes of the reply's message are on their way into a frame: adds the trailer, and stops.
  void report(http2::HeaderBlock& trailers);

 private:
  // Not inline, so that they cost those who don't ask no registers.
  void note_entry();
  void note_exit();

  ReadClock clock_ = nullptr;  // null: off
  Instant received_{};
  Instant entered_{};
  Instant left_{};
  bool has_left_ = false;
};

}  // namespace hawser::server
