// Signs and verifies with each default key, at the start, every minute, and every ten seconds while it fails:
// what health checks of the service go by. It uses the lanes and the workers' own signers, for they are what
// is to be tested; a busy server doesn't fail.
//
// A default key that doesn't exist, is still being made or is disabled is no failure. One whose version is
// quarantined is, until there is another version.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "src/lanes/lanes.h"

namespace hawser::signing {

struct SelfTestOptions {
  Duration interval = std::chrono::seconds(60);
  Duration interval_after_failure = std::chrono::seconds(10);
};

/// Threads: start() and stop() by the owner; is_passing() any.
class SelfTest final {
 public:
  /// Told of each result, on the test's own thread, before the next.
  using OnResult = std::function<void(bool passed)>;

  /// `lanes` have WorkerKeys as their workers' states, and outlive the test, as `log` does.
  SelfTest(lanes::Lanes& lanes, const SelfTestOptions& options, OnResult on_result, log::Sink& log);
  ~SelfTest() { stop(); }
  SelfTest(const SelfTest&) = delete;
  SelfTest& operator=(const SelfTest&) = delete;

  /// The first test begins at once. Scope io: the system gives no thread.
  Result<void> start();
  /// Waits for a test that runs. Before the lanes are stopped or after, either is fine.
  void stop();
  /// One test, on this thread; blocks until the workers have done it. Not for workers.
  bool run();
  /// The last result; false before the first.
  bool is_passing() const { return passing_.load(std::memory_order_relaxed); }

 private:
  void work();

  lanes::Lanes& lanes_;
  const SelfTestOptions options_;
  const OnResult on_result_;
  log::Sink& log_;
  std::atomic<bool> passing_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace hawser::signing
