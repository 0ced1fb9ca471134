// Connects to the first address of a list that answers, within one deadline.
//
// Addresses are tried in order, one at a time; `attempt_timeout` bounds each but the last, which has what
// is left until the deadline. Hybrid VSOCK is connected when its monitor has said so
// (net/hybrid_handshake.h). Threads: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"
#include "hawser/event/timer.h"
#include "hawser/net/hybrid_handshake.h"
#include "hawser/net/socket.h"

namespace hawser::event {
class Loop;
}

namespace hawser::io {

struct Connected {
  UniqueFd fd;
  net::SocketAddress peer;
};

class Connector final {
 public:
  /// Called once a start(), never from inside start(): with the socket, or with the last error (scope io;
  /// ETIMEDOUT when the deadline passed). The connector may be destroyed or started again inside.
  using Done = Delegate<void(Result<Connected>)>;

  Connector(event::Loop& loop, Done done, const net::VsockOptions& vsock = {});
  ~Connector();

  /// Precondition: not running, `addresses` not empty.
  void start(std::vector<net::SocketAddress> addresses, Instant deadline, Duration attempt_timeout);
  /// The same with a socket that is connected already; not open: it has been used, which is an error.
  void start_given(UniqueFd fd, const net::SocketAddress& peer);
  /// No call of done comes after it. Idempotent.
  void cancel();
  bool is_running() const { return running_; }

 private:
  void try_next();
  void on_ready(event::Readiness);
  /// True: the socket is connected, and nothing is left to do but that of hybrid VSOCK.
  bool finish_socket();
  void advance_handshake();
  void on_timer();
  void attempt_failed(Error error);
  const net::SocketAddress& current() const { return addresses_[next_ - 1]; }
  void finish(Result<Connected> result);

  event::Loop& loop_;
  Done done_;
  const net::VsockOptions vsock_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_ = 0;
  Instant deadline_ = kNever;
  Duration attempt_timeout_{};
  bool running_ = false;
  Error last_error_;
  UniqueFd fd_;  // open: an attempt is under way
  std::unique_ptr<event::FdWatch> watch_;
  Instant attempt_end_ = kNever;
  bool is_given_ = false;                          // fd_ is connected, or used
  std::optional<net::HybridHandshake> handshake_;  // the socket is connected, the guest's port is not
  event::Timer timer_;
};

}  // namespace hawser::io
