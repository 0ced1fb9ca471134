// Readiness of one descriptor, edge-triggered: registered once, and at most once more for writing.
//
// The watch does not own the descriptor; destroy the watch before the descriptor is closed. The callback
// runs when readiness CHANGED: remember it, and read (write) until would-block or a short read before
// waiting for the next call (epoll(7), EPOLLET).
#pragma once

#include <cstdint>

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"

namespace hawser::event {

class Loop;

struct Readiness {
  bool readable = false;  ///< Data, end of input, or an error to be fetched by reading.
  bool writable = false;
  bool hangup = false;  ///< EPOLLHUP or EPOLLRDHUP: read what is left; a short read is not the end.
  bool error = false;   ///< EPOLLERR.
};

class FdWatch final : public ListLink {
 public:
  using Callback = Delegate<void(Readiness)>;

  FdWatch(Loop& loop, int fd, Callback callback) : loop_(loop), fd_(fd), callback_(callback) {}
  ~FdWatch();

  /// Registers for both directions. Fails with scope io (a bad descriptor, out of memory).
  Result<void> start();
  /// Registers for reading only.
  Result<void> start_reading();
  /// Makes it both directions, now that a write would block; if it is writable by then, the call comes.
  /// Not from the start for connections: a UNIX or VSOCK socket reports an edge for everything its peer
  /// takes, a turn for nothing after each answer.
  Result<void> start_writing();
  /// Unregisters; no callback comes after it. Idempotent.
  void stop();

  int fd() const { return fd_; }

 private:
  friend class Loop;

  Loop& loop_;
  int fd_;
  Callback callback_;
  Readiness pending_;  // collected by the loop, delivered in the same turn
  bool registered_ = false;
  bool writing_ = false;  // registered for both directions
};

}  // namespace hawser::event
