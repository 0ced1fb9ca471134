// One unary call without types: bytes out, bytes in (StreamCall is its streaming sibling). A caller owns it,
// fills it, gives it to Channel::start(), and may start it again after its completion: a reused call costs no
// allocation once warm.
//
//   idle --Channel::start()--> in flight --completion--> done --start() again--> ...
//
// Threads: while idle or done it belongs to its owner; while in flight to the channel's loop, and the owner
// may only cancel() it. The completion runs on the loop's thread, once for each start() that returned true,
// never inside start() or cancel(); it may start the call again or destroy it. It must not block: all calls
// of the loop wait. A call must not be destroyed in flight: cancel it and wait for the completion.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/call_scope.h"
#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/client/call_times.h"
#include "hawser/client/method_config.h"
#include "hawser/grpc/client_stream.h"
#include "hawser/grpc/deadline_queue.h"
#include "hawser/grpc/encoding.h"
#include "hawser/http2/types.h"

namespace hawser::client {

/// The end of a call with a message of `size` bytes (P-47).
grpc::Status over_send_limit(std::size_t size, std::size_t limit);

class Channel;
class ClientProtocol;
class StreamCall;

class Call final : public http2::Stream, public ListLink, public grpc::DeadlineEntry {
 public:
  using Completion = Delegate<void(Call&)>;

  explicit Call(Completion completion) : completion_(completion), cancel_link_(*this) {}

  // The request. Kept over any number of starts, except for what is set anew.

  /// "/package.Service/Method". Copied. What can't be a path fails the call with INTERNAL.
  void set_path(std::string_view path);
  /// Replaces the channel's :authority for this call; empty: the channel's. Copied, and checked like the
  /// path.
  void set_authority(std::string_view authority);
  /// From start() to the completion, queueing and connecting included (P-34). Zero or less fails the call at
  /// once with DEADLINE_EXCEEDED; Duration::max() is no deadline, the default.
  void set_timeout(Duration timeout) { timeout_ = timeout; }
  /// The call is made on behalf of another: it ends with DEADLINE_EXCEEDED at that one's deadline if its own
  /// isn't earlier, and with CANCELLED when that one is over (P-35). Kept over any number of starts.
  void set_parent(const CallScope& parent);
  /// Wait for a connection while the server can't be reached, instead of failing with UNAVAILABLE (gRPC
  /// doc/wait-for-ready.md).
  void set_wait_for_ready(bool wait) { wait_for_ready_ = wait; }
  /// 0: the channel's limit.
  void set_max_receive_bytes(std::size_t bytes) { max_receive_bytes_ = bytes; }
  /// The request message goes compressed, if that makes it smaller; start() does it, on its caller's thread.
  /// An encoding that is not built in counts as identity, the default: ChannelOptions::compression is for
  /// typed calls.
  void set_compression(grpc::Encoding encoding);
  /// `-bin` values are given raw. Scope stream when gRPC forbids the field (P-23).
  Result<void> add_metadata(std::string_view name, std::string_view value);
  void clear_metadata() { metadata_.clear(); }
  /// Room for exactly `size` bytes of request message, to be filled before start(). A message is sent once:
  /// each start() needs its own. Over 4 GiB - 1: an empty span, and the call will fail.
  MutableBytes begin_request(std::size_t size);

  /// Ends the call with CANCELLED if it is in flight and not complete yet. Any thread; the channel must still
  /// be there.
  void cancel();
  bool is_in_flight() const { return in_flight_.load(); }

  // The result, from the completion until begin_request() or destruction.

  const grpc::Status& status() const { return stream_.status(); }
  /// The response message, when the status is OK.
  Bytes response() const { return stream_.response(); }
  /// It came compressed; response() is decompressed.
  bool response_was_compressed() const { return stream_.response_was_compressed(); }
  const http2::HeaderBlock& initial_metadata() const { return stream_.initial_metadata(); }
  const http2::HeaderBlock& trailing_metadata() const { return stream_.trailing_metadata(); }
  const CallTimes& times() const { return times_; }

 private:
  friend class CallView;
  friend class Channel;
  friend class ConnectionPool;
  friend class ClientProtocol;
  friend class HealthWatch;
  friend class RetryQueue;
  friend class StreamCall;

  struct Parent {
    explicit Parent(Call& call) : listener(Delegate<void()>::bind<&Call::cancel>(call)) {}
    CallScope scope;
    CancelListener listener;
  };

  /// Where it is while in flight.
  enum class Place {
    kNowhere,   ///< Idle or done.
    kPosted,    ///< On its way to the loop.
    kPending,   ///< In the pool: no connection is ready.
    kWaiting,   ///< In a connection: it will open a stream.
    kOpen,      ///< It has a stream.
    kResting,   ///< In the pool's retry queue.
    kFinished,  ///< The completion is to run.
  };

  struct CancelLink final : ListLink {
    explicit CancelLink(Call& owner) : call(owner) {}
    Call& call;
  };

  /// Of a streaming call, which wants to know of every change of its stream, not of the end alone. `happened`
  /// runs on the loop, never from inside the session.
  struct Progress final : ListLink {
    explicit Progress(Delegate<void()> callback) : happened(callback) {}
    Delegate<void()> happened;
  };

  std::string path_;
  std::string authority_;
  http2::HeaderBlock metadata_;
  Duration timeout_ = Duration::max();
  std::size_t max_receive_bytes_ = 0;
  std::size_t request_size_ = 0;
  grpc::Encoding encoding_ = grpc::Encoding::kIdentity;
  bool wait_for_ready_ = false;
  bool has_request_ = false;
  bool has_bad_path_ = true;
  bool has_bad_authority_ = false;
  bool is_background_ = false;  // the transport's own: no use of its connection
  bool retried_ = false;        // the one transparent retry of a refused call (P-104) is used up
  bool cancelled_ = false;      // by the application, or with the channel
  Place place_ = Place::kNowhere;
  int failed_attempts_ = 0;  // those that a retry policy made up for
  int backoff_step_ = 0;
  std::unique_ptr<Parent> parent_;  // null: it has none
  std::size_t intercepted_ = 0;     // InterceptorChain::Depth: interceptors that have to hear of the end
  std::size_t own_metadata_ = 0;    // in flight, with interceptors: fields that are not theirs
  const MethodConfig* method_config_ = nullptr;  // in flight: the service config's, if it has one for it
  grpc::ClientStream stream_;
  CallTimes times_;
  ClientProtocol* protocol_ = nullptr;  // in kWaiting and kOpen
  Progress* progress_ = nullptr;        // null in unary calls
  Completion completion_;

  // Cancelling from other threads; see Channel::cancel().
  Channel* channel_ = nullptr;
  std::atomic<bool> in_flight_{false};
  std::atomic<bool> cancel_wanted_{false};
  CancelLink cancel_link_;
};

}  // namespace hawser::client
