// One call between its stream and its handler.
//
// Two parties hold it: the stream (until on_stream_closed, or the connection's end) and the handler (from
// Method::start to finish()). When both have let go it returns to its CallPool. A client that resets a
// stream therefore doesn't free the slot of a handler that still runs (CONFORMANCE S-6).
//
// Streaming calls have operations that answer by StreamEvents. They and send_status() are for the loop's
// thread alone. Answers are delivered by the protocol when its own work of the moment is done (receive,
// expire, drain), or by a task of the loop when nothing of that is going on.
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
#include "hawser/server/call_timing.h"
#include "hawser/server/peer.h"

namespace hawser::event {
class Loop;
}

namespace hawser::server {

class CallPool;
class Method;
class ServerProtocol;
class StreamEvents;

class ServerCall final : public http2::Stream, public ListLink, public grpc::DeadlineEntry {
 public:
  /// `loop` may be null: then every finish() must come from the protocol's own thread (in-memory tests).
  ServerCall(CallPool& pool, event::Loop* loop, std::size_t worker);
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;
  /// All streams of a server's session are calls.
  static ServerCall& of(http2::Stream& stream) { return static_cast<ServerCall&>(stream); }

  // What a handler may use between start() and finish().

  Bytes request() const { return stream_.request(); }
  /// It came compressed; request() is decompressed.
  bool request_was_compressed() const { return stream_.request_was_compressed(); }
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
  /// The message was filled. Compresses it, on this thread, when the reply is compressed; without this call
  /// it goes as it is.
  void end_message() { stream_.end_message(); }
  /// How the reply's messages are compressed, instead of ServerOptions::compression. Not at all, when the
  /// client doesn't accept the encoding (P-60). No effect once the response headers were sent.
  void set_compression(grpc::Encoding encoding) { stream_.set_compression(encoding); }
  /// Scope stream (INTERNAL) when the field may not be sent (P-23).
  Result<void> add_initial_metadata(std::string_view name, std::string_view value);
  Result<void> add_trailing_metadata(std::string_view name, std::string_view value);

  // Around the handler's own code, for who asked for the call's timing (call_timing.h): what lies before,
  // like parsing, counts as waiting, and what comes after as the reply.
  void enter_handler() { timing_.enter_handler(); }
  void leave_handler() { timing_.leave_handler(); }

  // Streaming calls; see StreamEvents. Loop only.

  /// First, in Method::start. `events` outlives the call's finish(). Streaming calls have no timing.
  void set_stream_events(StreamEvents& events) {
    events_ = &events;
    timing_.stop();
  }
  /// Asks for the next message. One at a time; only of a method that streams_requests().
  void read();
  /// Sends the response headers with the initial metadata that were added; once, by itself with the first
  /// write or the status at the latest. Initial metadata added later are not sent.
  void send_initial_metadata();
  /// Room for one message. Scope stream: RESOURCE_EXHAUSTED when it is over ServerOptions::max_send_bytes,
  /// CANCELLED when the call is over. One at a time.
  Result<MutableBytes> begin_write(std::size_t size);
  /// Sends the message that was begun. A message is taken at once; the answer waits until fewer than
  /// kWriteMark bytes are queued, so a client that doesn't read stops its handler.
  void end_write(grpc::Compress compress = grpc::Compress::kAsCall);
  static constexpr std::size_t kWriteMark = 64 * 1024;
  /// Queues the status behind what was written (P-78), before finish(): the handler still has answers
  /// outstanding. A read that waits is answered with the end. Nothing can be written afterwards.
  void send_status(const grpc::Status& status);
  /// The same for a fault found on the way (a message that doesn't parse): the call counts as cancelled.
  void abort(const grpc::Status& status);
  /// Nothing that is written or read from now on can succeed.
  bool is_over() const { return !in_stream_ || stream_.is_replied(); }
  /// Asks for on_wake.
  void wake();

  /// Called on the loop when the reply was handed to the stream.
  using Finished = Delegate<void()>;

  /// Ends the call, exactly once. The begun message is sent only with an OK status. The handler must not
  /// touch the call afterwards; what its metadata() views point to stays until `finished` has returned.
  void finish(grpc::Status status, Finished finished = {});
  /// The same, but never within this call: for a caller whose object `finished` destroys, or whose lock it
  /// takes.
  void finish_later(grpc::Status status, Finished finished);
  bool is_loop_thread() const;
  /// Of the loop's passes, the one that is going on (event::Loop::turn); 0 without a loop. On the loop.
  std::uint64_t loop_turn() const;

  /// The handler gives up before it finishes: the client gets CANCELLED at once, and the cancel callback
  /// comes as for any other cancellation. On the loop, before finish().
  void cancel_by_handler();

  /// Runs a task of the handler on the call's loop, before a finish() that comes later. Any thread. False
  /// without a loop: nothing was posted.
  bool post(event::Task& task);

 private:
  friend class CallPool;
  friend class CallView;
  friend class ServerProtocol;

  /// Starts a new call on a stream.
  void open(ServerProtocol& protocol, SharedPeer& peer, Instant now, std::size_t max_send_bytes);
  /// Back to what a fresh object is, with its memory.
  void recycle();
  void cancel();
  void finish_on_loop();

  // What StreamEvents has to be told.
  enum Due : unsigned { kDueMessage = 1, kDueRequestsEnd = 2, kDueWritable = 4, kDueWake = 8 };
  /// A node of ServerProtocol's list of calls with something due.
  struct DueLink : ListLink {
    explicit DueLink(ServerCall& owner) : call(owner) {}
    ServerCall& call;
  };
  void answer_read(grpc::ServerStream::Read outcome);
  /// After something arrived.
  void continue_read();
  /// After something was sent.
  void continue_write();
  void reply_early(const grpc::Status& status);
  /// Answers what is outstanding: nothing more will come.
  void answer_all();
  void set_due(Due due);
  void schedule();
  /// Tells StreamEvents what is due. The object may be gone afterwards.
  void deliver();
  void deliver_one();
  void on_due_task();
  void end_events();
  /// Back to the pool, when nobody holds it any more.
  void let_go();

  CallPool& pool_;
  event::Loop* loop_;
  const std::size_t worker_;

  grpc::ServerStream stream_;
  ServerProtocol* protocol_ = nullptr;  // null once the connection is gone
  SharedPeer* peer_ = nullptr;
  Method* method_ = nullptr;  // set once the router found it
  std::size_t max_send_bytes_ = 0;
  std::size_t assembly_bytes_ = 0;  // what it counts for in ServerProtocol::assembly_bytes_
  std::size_t intercepted_ = 0;     // InterceptorChain::Depth: interceptors that have to hear of the end
  Instant opened_at_{};
  Instant sent_after_{};  // the earliest that the client can have sent the request: what was read before came
                          // by then
  Instant received_at_{};
  CallTiming timing_;
  Instant body_deadline_ = kNever;
  bool in_stream_ = false;    // the session knows it
  bool running_ = false;      // the handler holds it
  bool reply_given_ = false;  // ServerProtocol::await_reply
  std::uint8_t stalled_ = 0;  // looks at it since something left (ServerProtocol::end_stalled_replies)
  std::atomic<bool> cancelled_{false};
  Delegate<void()> cancel_callback_;
  grpc::Status final_status_;
  Finished finished_;
  event::Task finish_task_;

  // Of a streaming call.
  StreamEvents* events_ = nullptr;  // null: a unary call, or finished
  unsigned due_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool status_sent_ = false;    // by send_status(): what happens to the stream is no cancellation
  bool due_posted_ = false;     // due_task_ is in the loop's queue: the object must stay
  bool delivering_ = false;     // deliver() is on the stack: the object must stay
  std::size_t held_bytes_ = 0;  // what it counts for in ServerProtocol::held_
  DueLink due_link_{*this};
  event::Task due_task_;
};

}  // namespace hawser::server
