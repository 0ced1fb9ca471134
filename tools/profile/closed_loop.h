// The load: a fixed number of calls in flight, each started again from its own completion on the loop's
// thread, so that no thread is woken and nothing is allocated for a call. A call that the server refuses and
// asks to be tried again later (grpc-retry-pushback-ms) is, by a timer.
//
// A call counts when it started in the measured time: after the warm-up, and before the requests or the time
// ran out. Every call that counts is waited for, however late it ends, and the measured time lasts until
// then.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <semaphore>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/client/loop_thread.h"
#include "tools/profile/load.h"
#include "tools/profile/load_config.h"

namespace hawser::profile {

class ClosedLoop final {
 public:
  /// Fails when the target can't be right or resolved, or the system gives no thread (see Channel::create).
  static Result<std::unique_ptr<ClosedLoop>> create(const LoadConfig& config, std::vector<LoadSpec> loads);
  ~ClosedLoop();

  /// Runs the loads to their end; once.
  RunResult run();

 private:
  class Slot;
  class Side;

  explicit ClosedLoop(const LoadConfig& config);

  void start_all();
  /// The next call of a slot, or its end.
  void next(Slot& slot, Instant now);
  void begin_measuring(Instant now);
  /// Up to half as much longer: callers that were refused together don't come back together.
  Duration spread(Duration pushback);

  const LoadConfig config_;
  std::unique_ptr<client::LoopThread> thread_;
  std::vector<std::unique_ptr<Side>> sides_;

  // The loop's.
  Instant measure_from_{};
  Instant measure_until_ = kNever;
  bool measuring_ = false;
  std::uint64_t started_ = 0;  // measured calls
  std::size_t running_ = 0;    // slots
  Duration cpu_at_start_{};
  RunResult result_;
  std::minstd_rand random_;  // the same in every run

  std::binary_semaphore finished_{0};
};

}  // namespace hawser::profile
