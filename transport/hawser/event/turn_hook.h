// A callback at a fixed point of the loop's turn. Scheduling one that is scheduled already does nothing;
// destroying it unschedules it.
#pragma once

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"

namespace hawser::event {

class Loop;

class TurnHook final : public ListLink {
 public:
  enum class When {
    kNextTurn,  ///< At the start of the next turn, which then doesn't wait: the fairness tool.
    kFlush,     ///< After dispatch: write what the turn produced.
    kReap,      ///< Last: destroy what closed in this turn.
  };
  using Callback = Delegate<void()>;

  TurnHook(Loop& loop, When when, Callback callback) : loop_(loop), when_(when), callback_(callback) {}

  void schedule();
  void cancel() { unlink(); }
  bool is_scheduled() const { return is_linked(); }

 private:
  friend class Loop;

  Loop& loop_;
  When when_;
  Callback callback_;
};

}  // namespace hawser::event
