// One call between its stream and its handler.
//
// Two parties hold it: the stream (until on_stream_closed, or the connection's end) and the handler (from
// Method::start to finish()). When both have let go it returns to its CallPool. A client that resets a
// stream therefore doesn't free the slot of a handler that still runs (CONFORMANCE S-6).
//
// Threads: the loop's; finish*(), is_cancelled() and the metadata and message of the reply also from the one
// thread that the handler has handed the call to.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/event/task.h"
#include "hawser/grpc/deadline_queue.h"
#include "hawser/grpc/server_stream.h"
#include "hawser/http2/types.h"
#include "hawser/server/peer.h"

namespace hawser::event {
class Loop;
}

namespace hawser::server {

class CallPool;
class Method;
class ServerProtocol;

class ServerCall final : public http2::Stream, public ListLink, public grpc::DeadlineEntry {
 public:
  /// `loop` may be null: then every finish() must come from the protocol's own thread (in-memory tests).
  ServerCall(CallPool& pool, event::Loop* loop, std::size_t worker);
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

  // What a handler may use between start() and finish().

  Bytes request() const { return stream_.request(); }
  const grpc::RequestHead& head() const { return stream_.head(); }
  const Peer& peer() const { return peer_->get(); }
  /// When the last byte of the request was read.
  Instant received_at() const { return received_at_; }
  /// kNever without grpc-timeout.
  Instant expires_at() const { return deadline; }
  /// The worker it runs on: an index below Method::prepare's count.
  std::size_t worker() const { return worker_; }

  /// The client has gone, or the deadline passed. Any thread.
  bool is_cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  /// Called once, on the loop's thread, when the call is cancelled before finish(). At once when it is
  /// already.
  void set_cancel_callback(Delegate<void()> callback);

  /// Room for the reply's message, exactly `size` bytes. Scope stream (RESOURCE_EXHAUSTED) when that is over
  /// ServerOptions::max_send_bytes.
  Result<MutableBytes> begin_message(std::size_t size);
  /// Scope stream (INTERNAL) when the field may not be sent (P-23).
  Result<void> add_initial_metadata(std::string_view name, std::string_view value);
  Result<void> add_trailing_metadata(std::string_view name, std::string_view value);

  /// Called on the loop when the reply was handed to the stream.
  using Finished = Delegate<void()>;

  /// Ends the call, exactly once. The begun message is sent only with an OK status. The handler must not
  /// touch the call afterwards; what its metadata() views point to stays until `finished` has returned.
  void finish(grpc::Status status, Finished finished = {});
  /// The same, but never within this call: for a caller whose object `finished` destroys, or whose lock it
  /// takes.
  void finish_later(grpc::Status status, Finished finished);
  bool is_loop_thread() const;

  /// The handler gives up before it finishes: the client gets CANCELLED at once, and the cancel callback
  /// comes as for any other cancellation. On the loop, before finish().
  void cancel_by_handler();

  /// Runs a task of the handler on the call's loop, before a finish() that comes later. Any thread. False
  /// without a loop: nothing was posted.
  bool post(event::Task& task);

 private:
  friend class CallPool;
  friend class ServerProtocol;

  /// Starts a new call on a stream.
  void open(ServerProtocol& protocol, SharedPeer& peer, Instant now, std::size_t max_send_bytes);
  /// Back to what a fresh object is, with its memory.
  void recycle();
  void cancel();
  void finish_on_loop();

  CallPool& pool_;
  event::Loop* loop_;
  const std::size_t worker_;

  grpc::ServerStream stream_;
  ServerProtocol* protocol_ = nullptr;  // null once the connection is gone
  SharedPeer* peer_ = nullptr;
  Method* method_ = nullptr;  // set once the router found it
  std::size_t max_send_bytes_ = 0;
  std::size_t assembly_bytes_ = 0;  // what it counts for in ServerProtocol::assembly_bytes_
  Instant opened_at_{};
  Instant received_at_{};
  Instant body_deadline_ = kNever;
  bool in_stream_ = false;  // the session knows it
  bool running_ = false;    // the handler holds it
  std::atomic<bool> cancelled_{false};
  Delegate<void()> cancel_callback_;
  grpc::Status final_status_;
  Finished finished_;
  event::Task finish_task_;
};

}  // namespace hawser::server
