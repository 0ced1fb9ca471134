// One connection of a server: HTTP/2 events in, calls out to methods, replies back.
//
// Calls of the connection are in one of three lists: receiving_ (their request is not complete; in the order
// of their last byte, which makes the body timeout a look at the front), active_ (complete, or replied to),
// and detached_ (the stream is gone, the handler still runs).
//
// Streaming calls are in active_ from the end of their headers on. What StreamEvents has to be told is
// collected in due_ and delivered when the session's work of the moment is done, so a handler runs outside of
// the session.
//
// Reaction to errors, by scope, is in fail() and nowhere else: stream errors were answered by ServerStream,
// connection errors become GOAWAY here, io errors come from the pump by disconnected().
//
// Threads: the worker's. Time comes with the calls.
#pragma once

#include <memory>
#include <string>

#include "hawser/base/intrusive_list.h"
#include "hawser/grpc/deadline_queue.h"
#include "hawser/grpc/held_bytes.h"
#include "hawser/http2/abuse_meter.h"
#include "hawser/http2/session.h"
#include "hawser/io/protocol.h"
#include "hawser/server/call_pool.h"
#include "hawser/server/call_timing.h"
#include "hawser/server/interceptor_chain.h"
#include "hawser/server/keepalive.h"
#include "hawser/server/peer.h"
#include "hawser/server/ping_policy.h"
#include "hawser/server/router.h"
#include "hawser/server/server_call.h"
#include "hawser/server/server_options.h"

namespace hawser::server {

/// What all connections of one worker use; outlives them.
struct WorkerResources {
  const Router& router;
  const ServerOptions& options;
  const http2::SessionConfig& session_config;
  http2::MemoryPool& memory;
  CallPool& calls;
  CallTiming::ReadClock clock = &Clock::now;
};

class ServerProtocol final : public io::Protocol, private http2::SessionEvents {
 public:
  /// Fails for lack of memory only.
  static Result<std::unique_ptr<ServerProtocol>> create(const WorkerResources& resources, Peer peer,
                                                        Instant now);
  ~ServerProtocol() override;

  void attach(io::OutputNotifier& notifier) override { notifier_ = &notifier; }
  void receive(Bytes bytes, Instant now) override;
  void drain(ByteQueue& output, Instant now) override;
  bool is_backlogged() const override;
  Instant next_expiry() const override;
  void expire(Instant now) override;
  bool finished() const override;
  void give_memory_back() override { session_->give_memory_back(); }
  void disconnected(const Error& reason) override;

  /// Begins a graceful end: no call that the client may still send is lost, running ones finish (P-81).
  /// Idempotent.
  void shutdown(Instant now);

  const Peer& peer() const { return peer_->get(); }
  /// Calls whose handlers run, including those of streams that are gone.
  std::size_t running_calls() const { return running_calls_; }
  /// Streamed request bytes that wait for their handlers.
  std::size_t held_bytes() const { return held_.held(); }

 private:
  friend class ServerCall;

  /// `deadline` of one thing at a time: when it passes, expire() acts.
  struct Timeouts {
    Instant handshake = kNever;  // first SETTINGS
    Instant settings_ack = kNever;
    Instant headers = kNever;  // the header block that is arriving
    Instant idle = kNever;
    Instant drain = kNever;  // second GOAWAY
    Instant age = kNever;    // drain for age
    Instant grace = kNever;  // after that: the end of all calls
    Instant stall = kNever;  // a look at replies that can't leave
  };

  ServerProtocol(const WorkerResources& resources, Peer peer, Instant now);

  // http2::SessionEvents
  http2::Stream* on_stream_begin(http2::StreamId id) override;
  void on_refused_end(http2::StreamId id) override;
  void on_trailers_begin(http2::Stream& stream) override;
  bool on_known_head(http2::Stream& stream, std::uint64_t number) override;
  http2::HeaderVerdict on_header(http2::Stream& stream, http2::HeaderField field) override;
  void on_headers_end(http2::Stream& stream, bool end_of_stream) override;
  void on_data(http2::Stream& stream, Bytes bytes) override;
  void on_end_of_stream(http2::Stream& stream) override;
  http2::BodyChunk on_body_wanted(http2::Stream& stream, MutableBytes into) override;
  void on_last_frame_sent(http2::Stream& stream) override;
  void on_stream_closed(http2::Stream& stream, http2::ErrorCode code) override;
  void on_reset_sent(http2::StreamId id, http2::ErrorCode code) override;
  void on_reset_received(http2::StreamId id, http2::ErrorCode code) override;
  void on_idle_frame(http2::IdleFrame frame) override;
  void on_settings() override;
  void on_settings_acknowledged() override;
  void on_ping_acknowledged(std::uint64_t payload) override;
  void on_goaway(http2::StreamId last_stream_id, http2::ErrorCode code, std::string_view debug) override;

  /// Router::find, without its hashing for a client that calls one method again and again.
  Method* method_of(std::string_view path);
  void route(ServerCall& call);
  /// True: no interceptor has ended the call.
  bool intercept(ServerCall& call);
  /// Their `after`. `open`: the reply has not been made yet.
  void tell_interceptors(ServerCall& call, grpc::Status& status, bool open);
  void on_streamed_data(ServerCall& call, Bytes bytes);
  /// The stream may have used or dropped held bytes, `arrived` have come: credit, and limits on memory.
  void settle_held(ServerCall& call, std::size_t arrived);
  /// The same after bytes became messages, which can end the call.
  void after_read(ServerCall& call, std::size_t arrived);
  /// Inside of receive(), expire(), drain() or disconnected(): due_ is worked off at its end.
  bool is_busy() const { return busy_; }
  void deliver_soon(ServerCall& call);
  void deliver_due();
  void output_ready() {
    if (notifier_ != nullptr) notifier_->on_output_ready();
  }
  void count_assembly(ServerCall& call);
  void start(ServerCall& call);
  void on_call_finished(ServerCall& call);
  void note_read(Instant now);
  bool ran_out_of_time(const ServerCall& call) const;
  void leave_stream(ServerCall& call);
  void expire_call(ServerCall& call);
  void cancel_call(ServerCall& call);
  void expire_body(ServerCall& call);
  void drain_session(ByteQueue& output);
  /// Drains, with a word for the client.
  void begin_end(std::string_view why);
  void end_after_last_call();
  void submit_drain_ping();
  void send_final_goaway();
  void check_keepalive();
  /// A header block begins to arrive.
  void await_block(http2::StreamId id);
  /// The call's status is given: end_stalled_replies() looks whether it leaves.
  void await_reply(ServerCall& call) {
    call.reply_given_ = true;
    if (timeouts_.stall == kNever) watch_replies();
  }
  void watch_replies();
  void end_stalled_replies();
  /// Ends the connection without a fault and cancels its calls.
  void cut_off(std::string_view why);
  void fail(const Error& error);
  void fail_later(std::string_view why);

  const WorkerResources& resources_;
  const InterceptorChain interceptors_;
  Method* recent_method_ = nullptr;  // method_of()'s last answer
  SharedPeer* peer_;
  std::unique_ptr<http2::Session> session_;
  io::OutputNotifier* notifier_ = nullptr;
  Instant now_;
  Instant read_at_;       // the last time that something was read
  Instant unread_since_;  // the time before that
  http2::AbuseMeter abuse_;
  Keepalive keepalive_;
  PingPolicy pings_;
  Timeouts timeouts_;
  grpc::DeadlineQueue deadlines_;
  IntrusiveList<ServerCall> receiving_;
  IntrusiveList<ServerCall> active_;
  IntrusiveList<ServerCall> detached_;
  std::size_t open_streams_ = 0;
  std::size_t running_calls_ = 0;
  std::size_t assembly_bytes_ = 0;
  std::uint64_t calls_left_;  // of max_connection_calls; 0 at the start: the first call makes it the largest
  grpc::HeldBytes held_;
  IntrusiveList<ServerCall::DueLink> due_;
  bool busy_ = false;
  std::string_view abuse_found_;  // set inside session callbacks, acted on after them
  http2::StreamId arriving_head_ = http2::kConnectionStream;  // whose block timeouts_.headers is for
  http2::StreamId reset_by_peer_ = http2::kConnectionStream;  // the last one
  std::string_view end_reason_;                               // debug data of the final GOAWAY; a constant
  bool draining_ = false;
  bool notice_ping_due_ = false;    // the first GOAWAY has to leave before its PING
  bool last_stream_named_ = false;  // the final GOAWAY is submitted
  bool failed_ = false;
  bool broken_ = false;  // the session itself gave up: nothing more can be sent
};

}  // namespace hawser::server
