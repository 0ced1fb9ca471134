// A one-shot timer to the microsecond, for the few that need it: a timerfd, a system call to arm it. Timer is
// for everything else, which may be a millisecond late.
//
// Threads: the loop's.
#pragma once

#include <memory>
#include <utility>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"

namespace hawser::event {

class Loop;

class PreciseTimer final {
 public:
  using Callback = Delegate<void()>;

  /// Fails when the kernel gives no descriptor (scope io).
  static Result<std::unique_ptr<PreciseTimer>> create(Loop& loop, Callback callback);

  /// Replaces an earlier arming; what is past is due at once. kNever disarms. Never early; how late is up to
  /// the kernel's scheduler and to the rest of the loop's turn.
  void arm(Instant expiry);
  void disarm() { arm(kNever); }

 private:
  PreciseTimer(UniqueFd fd, Loop& loop, Callback callback)
      : fd_(std::move(fd)),
        watch_(loop, fd_.get(), FdWatch::Callback::bind<&PreciseTimer::on_ready>(*this)),
        callback_(callback) {}
  void on_ready(Readiness readiness);

  UniqueFd fd_;
  FdWatch watch_;
  Callback callback_;
  bool armed_ = false;
};

}  // namespace hawser::event
