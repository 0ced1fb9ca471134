// How long a loop looks for work before it sleeps.
//
// Waking a sleeping core costs more than a small call (docs/performance.md, "Busy polling"), so a loop that
// expects work soon had better not sleep. Whether work comes soon is told by the waits before: one that ended
// within the limit makes the next spin as long as the limit; one that took longer halves it, and a spin below
// a sixteenth of the limit isn't worth its system calls. So a loop without work burns less than two limits of
// processor time before it sleeps as if it never spun, and one short wait brings the spinning back. The idea
// is that of the kernel's halt polling (Linux Documentation/virt/kvm/halt-polling.rst).
#pragma once

#include "hawser/base/clock.h"

namespace hawser::event {

class SpinBudget final {
 public:
  /// Zero: never spin.
  explicit SpinBudget(Duration limit = Duration::zero()) : limit_(limit), current_(limit) {}

  bool is_enabled() const { return limit_ > Duration::zero(); }
  /// How long to spin before the next wait.
  Duration current() const { return current_; }
  /// Work came so long after the loop had nothing to do, whether it spun or slept meanwhile.
  void note_wait(Duration waited) {
    if (waited <= limit_) {
      current_ = limit_;
    } else {
      current_ /= 2;
      if (current_ < limit_ / 16) current_ = Duration::zero();
    }
  }

 private:
  Duration limit_;
  Duration current_;
};

}  // namespace hawser::event
