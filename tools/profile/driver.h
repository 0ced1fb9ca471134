// Makes the calls of one load on one thread.
//
// A call counts when its time (in an open loop the intended one, in a closed loop the send) is in the
// measured time: after the warm-up, and before the requests or the time ran out. Every call that counts is
// waited for, however late it ends, and the measured time lasts until then.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/client/channel.h"
#include "hawser/client/loop_thread.h"
#include "tools/profile/load_config.h"
#include "tools/profile/recorder.h"
#include "tools/profile/result.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// When a run measures; the same for all of its threads.
struct MeasuredTime {
  Instant start;  ///< Of the load: the warm-up comes first.
  Instant from;
  Instant until = kNever;  ///< With a number of requests: never.
  Duration interval = std::chrono::seconds(1);
};

/// What a driver is told. Everything referred to outlives it.
struct DriverSetup {
  const LoadConfig& config;
  client::LoopThread& thread;
  Work& work;
  std::size_t connections = 1;  ///< This thread's.
  std::size_t concurrency = 1;
  Duration think_time{};
  std::uint64_t requests = 0;    ///< This thread's; 0: as many as the time allows.
  std::size_t thread_index = 0;  ///< Of config.threads.
  /// Runs once on the loop, before the first call that counts,
  Delegate<void()> measuring;
  /// and when the last call has ended.
  Delegate<void()> finished;
};

class Driver {
 public:
  virtual ~Driver() = default;

  /// On the loop; once.
  virtual void start(const MeasuredTime& time) = 0;
  /// On the loop, while it runs, or anywhere after it has finished.
  virtual Recorder& recorder() = 0;
};

/// Fails as Channel::create() does.
Result<std::vector<std::unique_ptr<client::Channel>>> open_channels(const DriverSetup& setup);

}  // namespace hawser::profile
