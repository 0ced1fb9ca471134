// Delivers POSIX signals as loop events (signalfd). The signals must be blocked in every thread before the
// first thread starts: block_signals() in main().
#pragma once

#include <initializer_list>
#include <memory>

#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"

namespace hawser::event {

/// Blocks the signals for the calling thread and all threads it starts later.
Result<void> block_signals(std::initializer_list<int> signals);

class SignalWatch final {
 public:
  /// Called once for each pending signal; it must not destroy the watch.
  using Callback = Delegate<void(int signal_number)>;
  static Result<std::unique_ptr<SignalWatch>> create(Loop& loop, std::initializer_list<int> signals,
                                                     Callback callback);

 private:
  SignalWatch(Loop& loop, UniqueFd fd, Callback callback);
  void on_ready(Readiness readiness);

  UniqueFd fd_;
  Callback callback_;
  FdWatch watch_;
};

}  // namespace hawser::event
