// One event loop on one thread, with the connections that were handed to it.
//
// Ends when it was told to drain, its last connection has closed and its last handler has finished. After the
// grace period connections are cut; handlers are waited for in any case, because they hold calls of ours.
//
// Threads: create(), run_on_new_thread() and join() by the server's owner; adopt(), drain() from any thread;
// the rest is the loop's.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "hawser/base/intrusive_list.h"
#include "hawser/event/loop.h"
#include "hawser/event/task.h"
#include "hawser/event/timer.h"
#include "hawser/http2/memory_pool.h"
#include "hawser/server/call_pool.h"
#include "hawser/server/connection_limiter.h"
#include "hawser/server/server_connection.h"

namespace hawser::server {

class Worker final {
 public:
  /// What is shared by all workers; outlives them.
  struct Shared {
    const Router& router;
    const ServerOptions& options;
    const http2::SessionConfig& session_config;
    ConnectionLimiter& limiter;
  };

  static Result<std::unique_ptr<Worker>> create(const Shared& shared, std::size_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run_on_new_thread();
  void join();
  event::Loop& loop() { return *loop_; }
  const http2::MemoryPool& memory() const { return memory_; }

  /// Serves a connection that the limiter has counted already. Any thread.
  void adopt(NewConnection connection);
  /// Graceful end (see above). Any thread; a second call may shorten the grace period.
  void drain(Duration grace);

 private:
  Worker(const Shared& shared, std::size_t index, std::unique_ptr<event::Loop> loop);

  void take_incoming();
  void add_connection(NewConnection connection);
  void on_connection_closed(ServerConnection& connection);
  void begin_drain(Duration grace);
  void arm_quiet_timer();
  void look_for_quiet();
  void cut_connections();
  void stop_when_done();

  Shared shared_;
  std::unique_ptr<event::Loop> loop_;
  http2::MemoryPool memory_;
  CallPool calls_;
  WorkerResources resources_;
  IntrusiveList<ServerConnection> connections_;  // owned: deleted when they close
  std::size_t connection_count_ = 0;
  event::Timer quiet_timer_;  // while there are connections
  bool draining_ = false;
  event::Timer grace_timer_;
  event::Timer poll_timer_;  // while draining: handlers that outlive their connections
  std::mutex incoming_mutex_;
  std::vector<NewConnection> incoming_;  // guarded by incoming_mutex_
  event::Task incoming_task_;
  std::thread thread_;
};

}  // namespace hawser::server
