// The part of a channel that lives on its loop: the subchannels, and the calls that wait for one of them.
//
// With pick_first each subchannel has all addresses, and a call goes to the ready connection with the fewest
// calls; with round_robin each address has its own, they take turns, and lost ones are connected again at
// once (P-99, P-100). Without one it waits while anything is
// connecting; when all are in transient failure it fails with UNAVAILABLE at once, or waits on if it asked to
// (gRPC doc/wait-for-ready.md; CONFORMANCE P-94). Its deadline counts all the while.
//
// Threads: the loop's, but for the constructor.
#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/client/call.h"
#include "hawser/client/retry_queue.h"
#include "hawser/client/service_config.h"
#include "hawser/client/subchannel.h"
#include "hawser/event/clock_watch.h"
#include "hawser/event/timer.h"
#include "hawser/event/turn_hook.h"
#include "hawser/grpc/deadline_queue.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

class ConnectionPool final : private Subchannel::Owner {
 public:
  /// A call ended: it has its status and belongs to nobody. Never from inside start().
  using Done = Delegate<void(Call&)>;
  /// A connection failed: the addresses may be old. Often.
  using Failed = Delegate<void()>;
  using Addresses = Subchannel::Addresses;

  /// `addresses` isn't empty.
  ConnectionPool(event::Loop& loop, http2::MemoryPool& memory, event::ClockWatch& clocks,
                 SubchannelConfig config, ServiceConfig service_config, const Addresses& addresses, Done done,
                 Failed failed);
  ~ConnectionPool() override;

  const SubchannelConfig& config() const { return config_; }
  /// What one request of the method may have. Any thread.
  std::size_t send_limit(std::string_view path) const { return send_limit(service_config_.find(path)); }

  /// Precondition: not shut down; path, request and deadline are set.
  void start(Call& call);
  /// Ends a call instead of starting it.
  void refuse(Call& call, grpc::Status status);
  /// Ends a call that it has; the completion runs before it returns.
  void cancel(Call& call, grpc::Status status);
  /// The target's addresses are others now. Connections to old ones finish their calls.
  void set_addresses(const Addresses& addresses);
  /// Ends every call, and every connection with a GOAWAY that the next flush sends.
  void shut_down(const grpc::Status& status);

 private:
  // Subchannel::Owner
  void on_state_changed(Subchannel& subchannel) override;
  void on_call_done(Call& call) override;
  void on_call_returned(Call& call) override;
  const KeepaliveOptions& keepalive(net::Family family) const override {
    return net::is_vsock(family) ? vsock_keepalive_ : keepalive_;
  }
  void slow_keepalive_down() override {
    keepalive_.slow_down();
    vsock_keepalive_.slow_down();
  }

  /// The status of a call that can't go out as it is; OK for others.
  grpc::Status check(const Call& call) const;
  std::size_t send_limit(const MethodConfig* method) const;
  void apply_method_config(Call& call);
  static bool waits_for_ready(const Call& call);
  void repeat(Call& call);
  void route(Call& call);
  Subchannel* pick();
  Subchannel* least_loaded();
  Subchannel* next_in_turn();
  bool is_round_robin() const { return config_.options.load_balancing == LoadBalancing::kRoundRobin; }
  void add_subchannels(const Addresses& addresses);
  void connect_idle();
  /// All subchannels in transient failure: the error of one of them.
  const Error* failure() const;
  /// For calls whose deadline passed: with what the last attempt failed with, if any.
  std::string why_not_connected() const;
  void add_pending(Call& call);
  void remove_pending(Call& call);
  void start_pending();
  void fail_pending(const Error& error);
  void finish(Call& call, grpc::Status status);
  void deliver();
  void on_deadline();
  void on_clock_jump(Duration length);

  event::Loop& loop_;
  http2::MemoryPool& memory_;
  const SubchannelConfig config_;
  const ServiceConfig service_config_;
  Done done_;
  Failed failed_;
  std::minstd_rand seeds_;
  KeepaliveOptions keepalive_;
  KeepaliveOptions vsock_keepalive_;
  std::vector<std::unique_ptr<Subchannel>> subchannels_;
  std::vector<std::unique_ptr<Subchannel>> retired_;  // finish their calls
  std::size_t last_picked_ = 0;                       // round_robin
  bool shut_down_ = false;
  IntrusiveList<Call> pending_;
  IntrusiveList<Call> finished_;
  grpc::DeadlineQueue deadlines_;  // of pending and resting calls
  RetryQueue retries_;
  event::Timer deadline_timer_;
  event::ClockWatch& clocks_;
  event::ClockWatch::Listener clock_listener_;  // once something was to be connected, until shut_down()
  event::TurnHook deliver_hook_;
};

}  // namespace hawser::client
