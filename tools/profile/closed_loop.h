// The load: a fixed number of calls in flight, each started again from its own completion on the loop's
// thread, so that no thread is woken and nothing is allocated for a call.
//
// A call counts when it started in the measured time: after the warm-up, and before the requests or the time
// ran out. Every call that counts is waited for, however late it ends, and the measured time lasts until
// then.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/client/call.h"
#include "hawser/client/channel.h"
#include "hawser/client/loop_thread.h"
#include "tools/profile/histogram.h"
#include "tools/profile/load_config.h"

namespace hawser::profile {

struct LoadResult {
  static constexpr std::size_t kStatuses = 17;

  Histogram round_trip;  ///< Successful calls, from start() to the completion, by this program's clock.
  Histogram server;      ///< With --server-time: what the server says it took.
  Histogram remainder;   ///< The difference, call by call: client, network and kernel on both sides.
  std::array<std::uint64_t, kStatuses> by_status{};
  std::string first_failure;  ///< Status and message of one failed call.
  Duration elapsed{};
  Duration cpu{};  ///< Processor time of this process in the measured time.

  std::uint64_t calls() const;
  std::uint64_t failed() const { return calls() - by_status[0]; }
};

class ClosedLoop final {
 public:
  /// Fails when the target can't be right or resolved, or the system gives no thread (see Channel::create).
  static Result<std::unique_ptr<ClosedLoop>> create(const LoadConfig& config);
  ~ClosedLoop();

  /// Runs the load to its end; once.
  LoadResult run();

 private:
  class Slot;

  explicit ClosedLoop(const LoadConfig& config);

  void start_all();
  /// The next call of a slot, or its end.
  void next(Slot& slot, Instant now);
  void on_done(Slot& slot, Instant now);
  void count(Slot& slot, Instant now);
  void begin_measuring(Instant now);

  const LoadConfig config_;
  std::string request_;  // every request's bytes
  std::unique_ptr<client::LoopThread> thread_;
  std::vector<std::unique_ptr<client::Channel>> channels_;
  std::vector<std::unique_ptr<Slot>> slots_;

  // The loop's.
  Instant measure_from_{};
  Instant measure_until_ = kNever;
  bool measuring_ = false;
  std::uint64_t started_ = 0;  // measured calls
  std::size_t running_ = 0;
  Duration cpu_at_start_{};
  LoadResult result_;

  std::binary_semaphore finished_{0};
};

}  // namespace hawser::profile
