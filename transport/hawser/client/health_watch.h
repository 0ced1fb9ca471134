// Asks one connection's server whether it serves: the Watch call of client-side health checking (gRPC
// proposal A17; P-114).
//
//   kStopped --start()--> kAsking --SERVING--> kServing
//                          ^   |                 |  ^
//                          |   other status,     v  |
//          the time came   |   or the call --> kNotServing
//                          +---- failed -------- |
//
//   A server without the service (UNIMPLEMENTED) counts as serving until stop(). From every state stop()
//   leads to kStopped.
//
// A call that failed is made again after a backoff that counts from its start, and begins anew with each
// answer: one that lasted is made again at once.
//
// The call is below the channel: no interceptor sees it, and it doesn't count as use of the connection.
//
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/client/backoff.h"
#include "hawser/client/call.h"
#include "hawser/event/timer.h"
#include "hawser/grpc/status.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

class ClientProtocol;

class HealthWatch final {
 public:
  enum class State { kStopped, kAsking, kServing, kNotServing };

  /// `changed`: state() or reason() is another now. Not from inside start() and stop().
  HealthWatch(event::Loop& loop, std::string_view service, const BackoffOptions& backoff, std::uint32_t seed,
              Delegate<void()> changed);

  /// Asks the server of a connection that takes calls; stop() comes before the connection takes no more.
  void start(ClientProtocol& protocol);
  void stop();

  State state() const { return state_; }
  /// Why it is in kNotServing, or serves without having said so.
  const std::string& reason() const { return reason_; }

  /// The call that it makes: the connection's owner brings its end here.
  bool owns(const Call& call) const { return &call == &call_; }
  void on_call_over();

 private:
  void ask();
  void on_progress();
  void read_answers();
  void take_answer(Bytes message);
  void fail(std::string reason);
  void enter(State state, std::string reason);

  event::Loop& loop_;
  const std::string service_;
  const std::string request_;
  Backoff backoff_;
  Delegate<void()> changed_;
  State state_ = State::kStopped;
  std::string reason_;
  ClientProtocol* protocol_ = nullptr;  // null in kStopped
  bool in_flight_ = false;              // call_ is some connection's
  bool ask_again_ = false;              // start() came while it was
  Instant next_call_{};
  Call call_;
  Call::Progress progress_;
  event::Timer retry_timer_;
};

}  // namespace hawser::client
