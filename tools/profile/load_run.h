// A run: its threads, from the first call to the result.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "hawser/base/result.h"
#include "tools/profile/driver.h"
#include "tools/profile/load_config.h"
#include "tools/profile/result.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// One of the loads of a run: what is called, by how many at once.
struct LoadSpec {
  RunResult::Part part;  ///< Without its numbers.
  std::unique_ptr<Work> work;
  Duration think_time{};  ///< Of a closed loop: between a call's end and the next one in its place.
};

/// Makes all loads of a run anew, for the thread with this number: each has its own.
using MakeLoads = std::function<Result<std::vector<LoadSpec>>(std::size_t thread)>;

/// What a run has done so far.
struct Progress {
  Duration elapsed{};  ///< Negative: the warm-up lasts so long still.
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  Histogram recent;  ///< Latencies since the last report.
};

class LoadRun final {
 public:
  /// Fails when the target can't be right or resolved, or the system gives no thread (see Channel::create).
  /// `config` outlives it.
  static Result<std::unique_ptr<LoadRun>> create(const LoadConfig& config, const MakeLoads& make_loads);
  ~LoadRun();

  /// Once. With `watch`, it is called now and then on the caller's thread.
  RunResult run(const std::function<void(const Progress&)>& watch = {});

 private:
  struct Thread;

  explicit LoadRun(const LoadConfig& config);
  Result<void> add_thread(std::size_t index, std::vector<LoadSpec> loads);
  Result<std::unique_ptr<Driver>> make_driver(std::size_t index, LoadSpec& load);
  MeasuredTime plan() const;
  void wait_for_end(const std::function<void(const Progress&)>& watch, Instant from);
  Progress look(Instant from);
  void collect();

  // Loops' threads.
  void on_measuring();
  void on_finished();

  const LoadConfig& config_;
  std::vector<std::unique_ptr<Thread>> threads_;
  RunResult result_;
  MeasuredTime time_{};

  std::mutex mutex_;  // of all that follows
  std::condition_variable finished_;
  std::size_t running_ = 0;  // drivers
  bool measuring_ = false;
  Duration cpu_at_start_{};
  Duration server_cpu_at_start_{};
  Instant ended_{};
  Duration cpu_at_end_{};
  Duration server_cpu_at_end_{};
};

}  // namespace hawser::profile
