// Accepts connections on one listening socket and hands them to its owner.
//
// At most kAcceptBudget a turn (CONFORMANCE S-23). When the process is out of descriptors or memory it
// pauses for kPause, says so once, and goes on; it never spins and never dies. While paused by pause()
// (the server's connection cap) the kernel's backlog holds newcomers.
//
// Threads: the loop's.
#pragma once

#include <memory>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"
#include "hawser/event/timer.h"
#include "hawser/event/turn_hook.h"
#include "hawser/net/socket.h"

namespace hawser::event {
class Loop;
}

namespace hawser::io {

class Listener final {
 public:
  static constexpr int kAcceptBudget = 64;
  static constexpr Duration kPause = std::chrono::milliseconds(100);

  /// Takes the accepted socket. Runs inside the loop's turn; it may close or pause the listener, but not
  /// destroy it.
  using Accepted = Delegate<void(net::Accepted&&)>;

  /// `fd` listens already (net::listen, or inherited).
  Listener(event::Loop& loop, UniqueFd fd, Accepted accepted, log::Sink& log);
  ~Listener();

  Result<void> start();
  /// Stops accepting and closes the socket (unlinks nothing). Idempotent.
  void close();
  void pause();
  void resume();

 private:
  void on_ready(event::Readiness);
  void accept_some();
  bool may_accept() const;
  void back_off(const Error& error);

  event::Loop& loop_;
  UniqueFd fd_;
  Accepted accepted_;
  log::Sink& log_;
  bool paused_ = false;            // by pause()
  bool out_of_resources_ = false;  // reported, and not over yet
  event::FdWatch watch_;
  event::Timer pause_timer_;
  event::TurnHook again_hook_;  // budget used up: go on in the next turn
};

}  // namespace hawser::io
