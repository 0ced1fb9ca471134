// A closed loop: a fixed number of calls in flight, each started again from its own completion on the loop's
// thread, so that no thread is woken and nothing is allocated for a call. A call that the server refuses and
// asks to be tried again later (grpc-retry-pushback-ms) is, by a timer.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "tools/profile/driver.h"

namespace hawser::profile {

class ClosedDriver final : public Driver {
 public:
  static Result<std::unique_ptr<Driver>> create(const DriverSetup& setup);
  ~ClosedDriver() override;

  void start(const MeasuredTime& time) override;
  Recorder& recorder() override { return *recorder_; }

 private:
  class Slot;

  explicit ClosedDriver(const DriverSetup& setup);
  /// The next call of a slot, or its end.
  void next(Slot& slot, Instant now);
  void on_done(Slot& slot);
  /// Up to half as much longer: callers that were refused together don't come back together.
  Duration spread(Duration pushback);

  const DriverSetup setup_;
  std::vector<std::unique_ptr<client::Channel>> channels_;
  std::vector<std::unique_ptr<Slot>> slots_;
  MeasuredTime time_{};
  std::optional<Recorder> recorder_;  // from start() on
  std::uint64_t started_ = 0;         // calls that count
  std::size_t running_ = 0;           // slots
  std::minstd_rand random_;           // the same in every run
};

}  // namespace hawser::profile
