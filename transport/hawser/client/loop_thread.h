// A thread that runs one event loop for client connections. A channel owns one, or several channels share
// one.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "hawser/base/result.h"
#include "hawser/event/clock_watch.h"
#include "hawser/event/loop.h"
#include "hawser/http2/memory_pool.h"

namespace hawser::client {

class LoopThread final {
 public:
  /// The loop runs when it returns. `busy_poll`: see event::Loop::set_busy_poll. Fails when the kernel gives
  /// no descriptor or thread (scope io).
  static Result<std::unique_ptr<LoopThread>> create(Duration busy_poll = Duration::zero());
  /// Stops the loop and joins. Not on the loop's own thread; after everything that uses the loop is gone.
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  event::Loop& loop() { return *loop_; }
  /// For the HTTP/2 sessions of the loop; only to be used on the loop's thread.
  http2::MemoryPool& memory() { return memory_; }
  /// For all channels of the loop; only to be used on the loop's thread.
  event::ClockWatch& clock_watch() { return clock_watch_; }
  /// Runs `function` on the loop and returns when it has run. Not on the loop's own thread.
  void run(const std::function<void()>& function);

 private:
  explicit LoopThread(std::unique_ptr<event::Loop> loop) : loop_(std::move(loop)), clock_watch_(*loop_) {}

  std::unique_ptr<event::Loop> loop_;
  event::ClockWatch clock_watch_;
  http2::MemoryPool memory_;
  std::thread thread_;
};

}  // namespace hawser::client
