// Driving an event loop from a test: turns until something is true, never a sleep.
#pragma once

#include <functional>
#include <memory>

#include "hawser/base/clock.h"
#include "hawser/event/loop.h"
#include "support/sockets.h"

namespace hawser::test {

inline std::unique_ptr<event::Loop> make_loop() { return value_of(event::Loop::create()); }

/// Turns until `done()`; false when it doesn't come true. The limit is only there for tests that fail.
template <class Done>
bool run_until(event::Loop& loop, Done done, Duration limit = std::chrono::seconds(10)) {
  const Instant end = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() >= end) return false;
    loop.run_once(std::chrono::milliseconds(1));  // `done` may play the peer: don't wait long for it
  }
  return true;
}

/// Turns while there is something to do at once: everything that is ready now has been worked off.
inline void run_ready(event::Loop& loop, int turns = 8) {
  for (int i = 0; i < turns; ++i) loop.run_once(Duration::zero());
}

/// An object whose member can be bound where the transport wants a Delegate, around any callable.
template <class... Args>
struct Callable {
  std::function<void(Args...)> function;
  void call(Args... args) { function(std::forward<Args>(args)...); }
  Delegate<void(Args...)> delegate() {
    return Delegate<void(Args...)>::template bind<&Callable::call>(*this);
  }
};

}  // namespace hawser::test
