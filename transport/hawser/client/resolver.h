// Looks a target's names up again when its addresses have stopped working (P-99), without blocking the loop:
// each lookup has a thread of its own, one at a time, and begins at least kLeastInterval after the one
// before.
//
// Threads: the loop's; constructor and join() any. To be destroyed after join() and another turn of the loop.
#pragma once

#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/client/target.h"
#include "hawser/event/task.h"
#include "hawser/event/timer.h"
#include "hawser/net/socket_address.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

class Resolver final {
 public:
  static constexpr Duration kLeastInterval = std::chrono::seconds(30);

  using Addresses = std::vector<net::SocketAddress>;
  using Done = Delegate<void(Result<Addresses>)>;

  /// The target was resolved just now.
  Resolver(event::Loop& loop, Target target, Done done, Duration least_interval = kLeastInterval);
  ~Resolver() { join(); }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Soon, unless there is nothing to look up; then `done` follows. Any number of requests before it are one.
  void request();
  /// No `done` follows.
  void stop();
  /// After stop(): waits for a lookup that runs, which the system's resolver bounds. True when there was one,
  /// which may have posted to the loop.
  bool join();

 private:
  void start();
  void look_up();
  void on_looked_up();

  event::Loop& loop_;
  const Target target_;
  Done done_;
  const Duration least_interval_;
  Instant last_start_;
  bool running_ = false;
  bool stopped_ = false;
  event::Timer timer_;
  event::Task looked_up_;
  std::thread thread_;

  std::mutex mutex_;
  std::optional<Result<Addresses>> found_;  // guarded by mutex_
};

}  // namespace hawser::client
