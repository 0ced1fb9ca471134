// The seam between bytes and descriptors: a protocol sees bytes in, bytes out and a clock value.
//
// Calls a protocol gets, all on one thread:
//
//   attach(notifier)                                            once, first
//   { receive(bytes) | expire | drain | give_memory_back }*     in any order
//   disconnected(error)                                         at most once, last; nothing follows
//
// After each receive() or expire(), and after notifier.on_output_ready(), the pump drains until drain()
// appends nothing or its output is full, then looks at finished() and next_expiry().
//
// Implemented by server::ServerProtocol and client::ClientProtocol (and by the TLS layer that wraps
// either); driven by io::Connection on a socket and by tests/support/memory_pipe.h in memory.
#pragma once

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/result.h"

namespace hawser::io {

/// What a protocol tells its pump from outside of the calls above (a reply finished on another thread).
class OutputNotifier {
 public:
  virtual ~OutputNotifier() = default;
  /// Schedules a drain at the end of the turn; cheap to call often. The protocol's thread only.
  virtual void on_output_ready() = 0;
};

class Protocol {
 public:
  /// drain() stops appending once the queue holds this many bytes (S-17: bounded output a connection).
  static constexpr std::size_t kOutputHighWater = 256 * 1024;

  virtual ~Protocol() = default;

  /// `notifier` is not owned and outlives the protocol.
  virtual void attach(OutputNotifier& notifier) = 0;
  /// Consumes all of `bytes`. `now` is when they were read. Faults of the peer are handled inside: a
  /// GOAWAY to drain, then finished().
  virtual void receive(Bytes bytes, Instant now) = 0;
  /// Appends what is to be sent, until `output` holds kOutputHighWater bytes or nothing is left.
  virtual void drain(ByteQueue& output, Instant now) = 0;
  /// Asked when the output is full: true stops reading until there is room again. A protocol says so when
  /// what waits to be sent could grow without bound by reading (S-16), and not before: two ends that stop
  /// reading because the other one doesn't would wait for each other for ever (RFC 9113 5.2.2).
  virtual bool is_backlogged() const = 0;
  /// When expire() wants to be called; kNever for no timer.
  virtual Instant next_expiry() const = 0;
  virtual void expire(Instant now) = 0;
  /// True: no more input is wanted and drain() has given all. The pump sends what it holds and closes.
  virtual bool finished() const = 0;
  /// The connection is quiet: what is kept for traffic alone may go, until there is some again. A hint.
  virtual void give_memory_back() {}
  /// The byte stream ended: the peer closed it (code 0), the socket failed (errno), or the pump gave up.
  virtual void disconnected(const Error& reason) = 0;
};

}  // namespace hawser::io
