// Decides which failed calls are tried again, and keeps them until it is time (gRPC proposal A6; P-105 to
// P-108).
//
// A call is tried again when its method's policy names the status, an attempt is left, nothing of a response
// but a status came, all that was sent is still there, the server doesn't forbid it (grpc-retry-pushback-ms),
// and retries aren't throttled: each retryable failure costs a token, each success brings a part of one, and
// with half of them gone there are no retries.
//
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/client/service_config.h"
#include "hawser/event/timer.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

class Call;

class RetryQueue final {
 public:
  /// It is time for a call's next attempt; it has left the queue.
  using Due = Delegate<void(Call&)>;

  RetryQueue(event::Loop& loop, const std::optional<RetryThrottling>& throttling, Due due,
             std::uint32_t seed);

  /// A connection ended a call that has a method config. True: it is kept here.
  bool take(Call& call);
  /// Takes a call out that is kept here.
  void remove(Call& call);
  bool empty() const { return calls_.empty(); }
  /// Precondition: not empty.
  Call& front() { return *calls_.begin()->second; }

 private:
  /// How long until the next attempt; nullopt: there is none.
  std::optional<Duration> delay_of(Call& call);
  bool spend_token();
  void on_timer();

  event::Loop& loop_;
  const std::optional<RetryThrottling> throttling_;
  Due due_;
  std::int64_t tokens_ = 0;
  std::minstd_rand random_;
  std::multimap<Instant, Call*> calls_;
  event::Timer timer_;
};

}  // namespace hawser::client
