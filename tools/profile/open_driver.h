// An open loop: calls begin when the schedule says so, whatever became of those before.
//
// None is ever left out. A call that is due while as many as may be are in flight waits for the first that
// ends, and one that the generator is late with is sent as soon as it can: both count from their intended
// time. The sequence of those times needs no memory, however long the queue of late calls gets.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tools/profile/arrivals.h"
#include "tools/profile/call_slot.h"
#include "tools/profile/driver.h"

namespace hawser::event {
class PreciseTimer;
}

namespace hawser::profile {

class OpenDriver final : public Driver {
 public:
  /// `setup.concurrency` is how many calls may be in flight on all connections of this thread together.
  static Result<std::unique_ptr<Driver>> create(const DriverSetup& setup);
  ~OpenDriver() override;

  void start(const MeasuredTime& time) override;
  Recorder& recorder() override { return *recorder_; }

 private:
  explicit OpenDriver(const DriverSetup& setup);

  /// Sends what is due.
  void dispatch();
  void send(CallSlot& slot, Instant intended);
  /// Null: as many as may be are in flight.
  CallSlot* free_slot();
  void on_done(CallSlot& slot);
  void finish_if_over();
  bool is_over() const {
    return arrivals_->next() == kNever || (setup_.requests > 0 && started_ >= setup_.requests);
  }

  const DriverSetup setup_;
  std::unique_ptr<event::PreciseTimer> timer_;
  std::vector<std::unique_ptr<client::Channel>> channels_;
  std::size_t next_channel_ = 0;
  std::vector<std::unique_ptr<CallSlot>> slots_;
  std::vector<CallSlot*> free_;

  Schedule schedule_;  // with the warm-up
  MeasuredTime time_{};
  std::optional<Arrivals> arrivals_;  // from start() on, as is the recorder
  std::optional<Recorder> recorder_;
  std::uint64_t started_ = 0;  // calls that count
  bool is_full_ = false;       // a call that is due waits for a slot
  Instant room_since_{};       // when the last such wait ended
  bool finished_ = false;
};

}  // namespace hawser::profile
