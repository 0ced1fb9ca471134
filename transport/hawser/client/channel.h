// A channel: calls to one target over a pool of connections, from any thread.
//
// create() resolves the target's names in the caller's thread, which may block; when connections fail they
// are looked up again, in a thread of their own. Connecting begins with the first call. Everything of the
// channel but this object lives on one loop thread: its own, or one that several channels share.
//
// Threads: start() from any; create and destroy not on the loop's thread. The destructor ends all calls with
// CANCELLED, runs their completions, says goodbye (GOAWAY) and waits for the loop to be done with it, and for
// a lookup that happens to run.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/client/call.h"
#include "hawser/client/channel_options.h"
#include "hawser/client/connection_pool.h"
#include "hawser/client/interceptor_chain.h"
#include "hawser/client/loop_thread.h"
#include "hawser/client/resolver.h"
#include "hawser/client/stream_call.h"
#include "hawser/client/target.h"
#include "hawser/event/task.h"
#include "hawser/event/turn_hook.h"

namespace hawser::client {

class Channel final {
 public:
  /// `target` as Target reads it: one endpoint or several. Scope usage: a target that can't be right; scope
  /// io: the name doesn't resolve, or the kernel gives no thread or descriptor. A server that can't be
  /// reached is no error here.
  static Result<std::unique_ptr<Channel>> create(std::string_view target, ChannelOptions options = {});
  /// On a loop that outlives the channel.
  static Result<std::unique_ptr<Channel>> create(std::string_view target, ChannelOptions options,
                                                 LoopThread& loop_thread);
  /// On a socket of any family that is connected already, from wherever it came. It is the channel's one
  /// connection: when it has ended, calls fail, or wait if they are to. Scope usage: it is something else.
  static Result<std::unique_ptr<Channel>> create(UniqueFd connected, ChannelOptions options = {});
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Starts an idle call; its completion follows, whatever happens. False: the channel is being destroyed,
  /// nothing happened and nothing follows. On the loop's thread without locks or system calls.
  [[nodiscard]] bool start(Call& call);
  /// The same for a streaming call: on_done() follows.
  [[nodiscard]] bool start(StreamCall& call);

  /// True in completions: where blocking would stop the channel.
  bool is_loop_thread() const { return thread_.loop().is_loop_thread(); }
  const ChannelOptions& options() const { return pool_->config().options; }
  /// `:authority` of calls that set none.
  std::string_view authority() const { return pool_->config().protocol.authority; }

 private:
  friend class Call;
  friend class StreamCall;

  /// What create() found out.
  struct Setup {
    Target target;
    Resolver::Addresses addresses;
    SubchannelConfig config;
    ServiceConfig service_config;
  };

  Channel(std::unique_ptr<LoopThread> own_thread, LoopThread& thread, Setup setup);
  static Result<Setup> set_up(std::string_view text, ChannelOptions options);
  static Result<Setup> set_up(Target target, std::string authority, Resolver::Addresses addresses,
                              ChannelOptions options);
  static Result<std::unique_ptr<Channel>> create(Result<Setup> setup);

  bool start(Call& call, StreamCall* stream);
  void begin(Call& call);
  bool enter_scope(Call& call);
  void begin_intercepted(Call& call);
  void end_intercepted(Call& call);
  void cancel(Call& call);
  // For StreamCall; all but post_work() and send_limit() on the loop.
  void post_work(StreamCall& call);
  void unlink_work(StreamCall& call);
  std::size_t send_limit(std::string_view path) const { return pool_->send_limit(path); }
  void add_unread(StreamCall& call) { unread_.push_back(call.unread_link_); }
  void on_stream_over(Call& call) {
    if (!interceptors_.empty()) end_intercepted(call);
  }
  void cancel_on_loop(Call& call, grpc::Status status) { pool_->cancel(call, std::move(status)); }

  void close();
  void on_posted();
  void run_cancels(IntrusiveList<Call::CancelLink>& cancels);
  void run_work(IntrusiveList<StreamCall::WorkLink>& work);
  void on_call_done(Call& call);
  void on_connection_failed() { resolver_.request(); }
  void on_resolved(Result<Resolver::Addresses> addresses);
  void on_reap();

  std::unique_ptr<LoopThread> own_thread_;  // null on a shared one; the last to go
  LoopThread& thread_;
  Resolver resolver_;
  std::unique_ptr<ConnectionPool> pool_;
  const InterceptorChain interceptors_;  // views of the pool's options

  // From other threads to the loop.
  std::mutex mutex_;
  IntrusiveList<Call> posted_;                    // guarded by mutex_
  IntrusiveList<Call::CancelLink> cancels_;       // guarded by mutex_, as is every cancel link
  IntrusiveList<StreamCall::WorkLink> work_;      // likewise
  bool closing_ = false;                          // written by the loop under mutex_
  IntrusiveList<StreamCall::UnreadLink> unread_;  // the loop's
  event::Task posted_task_;
  event::TurnHook reap_hook_;
  Delegate<void()> reaped_;
};

}  // namespace hawser::client
