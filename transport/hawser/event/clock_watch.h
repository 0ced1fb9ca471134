// Notices that time went on without this machine, or was set: after suspend and resume, a snapshot that was
// restored, a step of the clock. Connections may be dead by then and nobody will ever say so (CONFORMANCE
// V-15).
//
// The kernel wakes a timer on CLOCK_REALTIME when that clock is set, which it also does on resume
// (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)); how far it went is in the difference of the clocks. There is
// no polling, and no descriptor while nobody listens.
//
// Threads: the loop's, but for the constructor.
#pragma once

#include <memory>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"

namespace hawser::event {

class Loop;

/// How far clocks have gone apart. No clock of its own.
class ClockGap final {
 public:
  struct Readings {
    Duration monotonic{};  ///< Stands still while the machine sleeps.
    Duration boottime{};   ///< Goes on.
    Duration realtime{};   ///< Goes on, and is set.
  };

  explicit ClockGap(const Readings& readings) : last_(readings) {}
  /// Since the last readings: by how much boot time or real time went on without monotonic time, whichever is
  /// more. Never negative: a clock that was set back has gone apart, too.
  Duration widen(const Readings& readings);

 private:
  Readings last_;
};

class ClockWatch final {
 public:
  /// Less than that is a clock being corrected.
  static constexpr Duration kLeastJump = std::chrono::seconds(1);

  class Listener final : public ListLink {
   public:
    /// Told how far it was. It may unlink itself, and no other.
    using Jumped = Delegate<void(Duration)>;
    explicit Listener(Jumped jumped) : jumped_(jumped) {}

   private:
    friend class ClockWatch;
    Jumped jumped_;
  };

  explicit ClockWatch(Loop& loop) : loop_(loop) {}
  ~ClockWatch();

  /// Until it unlinks itself. Idempotent. Best effort: without a descriptor nothing is noticed.
  void add(Listener& listener);
  /// Tells all listeners, as after a jump of `length`.
  void tell(Duration length);

 private:
  bool open();
  bool arm();
  void on_ready(Readiness);

  Loop& loop_;
  IntrusiveList<Listener> listeners_;
  UniqueFd fd_;
  std::unique_ptr<FdWatch> watch_;
  ClockGap gap_{ClockGap::Readings{}};
};

}  // namespace hawser::event
