// The client's end of one connection: calls in, HTTP/2 out, without I/O.
//
// A call in it is waiting (no stream yet: above the peer's SETTINGS_MAX_CONCURRENT_STREAMS, or the next drain
// opens it), open, or finished (its completion runs when the session's callbacks have returned). Streams are
// opened while draining, so that grpc-timeout is what is left at that moment (CONFORMANCE P-30).
//
// Connection states:
//   kStarting   the preface is out; until the server's SETTINGS come (P-4) or the handshake deadline passes
//   kReady      takes calls
//   kClosing    takes no more calls: GOAWAY came (open calls run on, P-84), stream ids are used up (P-10), or
//   the
//               connection failed (all calls have ended or were handed back)
//   kClosed     disconnected(): no event follows
//
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "hawser/base/clock.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/client/call.h"
#include "hawser/client/keepalive.h"
#include "hawser/grpc/deadline_queue.h"
#include "hawser/grpc/held_bytes.h"
#include "hawser/http2/abuse_meter.h"
#include "hawser/http2/session.h"
#include "hawser/http2/session_config.h"
#include "hawser/http2/session_events.h"
#include "hawser/io/protocol.h"

namespace hawser::client {

/// What all connections of a channel share. Read only.
struct ProtocolConfig {
  std::unique_ptr<http2::SessionConfig> session;
  std::string scheme = "http";
  std::string authority;
  std::string user_agent;
  std::size_t max_receive_bytes = 0;
  Duration idle_timeout = Duration::max();       ///< ChannelOptions::idle_timeout.
  std::size_t max_held_bytes = 4 * 1024 * 1024;  ///< ChannelOptions::max_held_bytes.
};

class ClientProtocol final : public io::Protocol, private http2::SessionEvents {
 public:
  /// Told on the loop's thread, never from inside start() or the session. It may start calls from there.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ready(ClientProtocol& protocol) = 0;
    /// Once: it takes no more calls. Comes before the calls that end or come back because of it.
    virtual void on_closing(ClientProtocol& protocol, const Error& reason) = 0;
    /// The call has its status, and left the protocol.
    virtual void on_call_done(Call& call) = 0;
    /// The server has not begun with the call; it left the protocol and may be started on another (P-104).
    virtual void on_call_returned(Call& call) = 0;
  };

  /// `config`, `owner` and `memory` outlive the protocol. Without SETTINGS by `handshake_deadline` it ends.
  static Result<std::unique_ptr<ClientProtocol>> create(const ProtocolConfig& config, Owner& owner,
                                                        http2::MemoryPool& memory, Instant handshake_deadline,
                                                        const KeepaliveOptions& keepalive = {});
  ~ClientProtocol() override;

  /// Precondition: accepts_calls(), the call's deadline is set.
  void start(Call& call);
  /// Ends a call that it has, and tells the owner before it returns. Not from inside an Owner event.
  void cancel(Call& call, grpc::Status status, Instant now);
  /// A stream of one of its calls has something to send: messages, their end, or credit.
  void wake() { notifier_->on_output_ready(); }
  /// Messages were given to one of its calls. grpc-core's servers send a WINDOW_UPDATE for each that they
  /// read, and are not to be taken for flooders.
  void on_messages_written(int count) {
    while (count-- > 0) meter_.on_message_sent();
  }
  /// Takes no more calls: open ones run on, the others come back. Not from inside an event of its own.
  void retire(Error reason);
  /// Ends all calls with `status`, likewise, and the connection with GOAWAY NO_ERROR.
  void shut_down(const grpc::Status& status, Instant now);

  /// Finds out soon whether the server is still there.
  void probe() {
    keepalive_.probe();
    notifier_->on_output_ready();
  }

  bool accepts_calls() const { return state_ == State::kStarting || state_ == State::kReady; }
  bool is_ready() const { return state_ == State::kReady; }
  /// Calls it has.
  std::size_t load() const { return waiting_count_ + open_count_; }
  /// What its streams hold of responses that nobody reads.
  const grpc::HeldBytes& held() const { return held_; }
  /// The server said that we ask too often whether it is there (P-86).
  bool pinged_too_often() const { return pinged_too_often_; }
  /// It ended because nobody used it (P-96).
  bool was_idle() const { return was_idle_; }
  /// The server has answered a call, with whatever status, or holds one that it has not refused. Those of the
  /// transport itself don't count.
  bool has_served() const { return has_answered_ || open_count_ > background_count_; }

  // io::Protocol
  void attach(io::OutputNotifier& notifier) override { notifier_ = &notifier; }
  void receive(Bytes bytes, Instant now) override;
  void drain(ByteQueue& output, Instant now) override;
  /// What a server can make us queue is bounded: acknowledgements by Limits::pending_acks, and a reset and a
  /// WINDOW_UPDATE for each stream that we opened.
  bool is_backlogged() const override { return false; }
  Instant next_expiry() const override;
  void expire(Instant now) override;
  bool finished() const override { return !session_->is_alive(); }
  void disconnected(const Error& reason) override;

 private:
  enum class State { kStarting, kReady, kClosing, kClosed };

  ClientProtocol(const ProtocolConfig& config, Owner& owner, Instant handshake_deadline,
                 const KeepaliveOptions& keepalive);

  // http2::SessionEvents
  http2::Stream* on_stream_begin(http2::StreamId) override { return nullptr; }
  void on_refused_end(http2::StreamId) override {}
  void on_trailers_begin(http2::Stream&) override {}
  http2::HeaderVerdict on_header(http2::Stream& stream, http2::HeaderField field) override;
  void on_headers_end(http2::Stream& stream, bool end_of_stream) override;
  void on_data(http2::Stream& stream, Bytes bytes) override;
  void on_end_of_stream(http2::Stream& stream) override;
  http2::BodyChunk on_body_wanted(http2::Stream& stream, MutableBytes into) override;
  void on_last_frame_sent(http2::Stream& stream) override;
  void on_stream_closed(http2::Stream& stream, http2::ErrorCode code) override;
  void on_reset_sent(http2::StreamId id, http2::ErrorCode code) override;
  void on_reset_received(http2::StreamId, http2::ErrorCode) override {}
  void on_idle_frame(http2::IdleFrame frame) override;
  void on_settings() override { settings_came_ = true; }
  void on_settings_acknowledged() override {}
  void on_ping_acknowledged(std::uint64_t) override {}
  void on_goaway(http2::StreamId last_stream_id, http2::ErrorCode code, std::string_view debug_data) override;

  using Unread = grpc::ClientStream::Unread;
  void abandon(Call& call, grpc::Status status, Unread unread = Unread::kDrop);
  void open_waiting();
  void open(Call& call);
  /// Moves an open call whose stream the session has let go of to the finished ones.
  void settle(Call& call);
  // Both run for each event of each call: nothing for unary ones.
  void note_progress(Call& call) {
    if (call.progress_ != nullptr && !call.progress_->is_linked()) progressed_.push_back(*call.progress_);
  }
  /// What streams do about it may end calls, of other streams too.
  void deliver_progress() {
    while (!progressed_.empty()) progressed_.pop_front().happened();
  }
  void finish(Call& call);
  void forget(Call& call);
  void check_keepalive();
  void check_idle();
  void fail_connection(Error error);
  void stop_accepting(Error reason);
  /// What the session's events left to be told: the connection's changes first, then calls.
  void deliver();
  void deliver_calls();

  const ProtocolConfig& config_;
  Owner& owner_;
  std::unique_ptr<http2::Session> session_;
  io::OutputNotifier* notifier_ = nullptr;
  State state_ = State::kStarting;
  bool delivering_ = false;
  bool settings_came_ = false;
  bool closing_told_ = false;
  bool has_answered_ = false;
  bool lost_ = false;                    // no stream is open, or can end in order any more
  std::optional<Error> closing_reason_;  // set: kClosing is due, or entered
  std::optional<Error> fault_;           // found inside the session, to be answered outside
  Instant handshake_deadline_;
  Instant now_{};
  Keepalive keepalive_;
  Instant last_call_end_{};
  Instant idle_check_ = kNever;  // when to look whether last_call_end_ is long ago
  bool pinged_too_often_ = false;
  bool was_idle_ = false;
  grpc::DeadlineQueue deadlines_;
  IntrusiveList<Call> waiting_;
  IntrusiveList<Call> open_;
  IntrusiveList<Call> finished_;
  IntrusiveList<Call::Progress> progressed_;  // of open calls
  grpc::HeldBytes held_;
  std::size_t waiting_count_ = 0;
  std::size_t open_count_ = 0;
  std::size_t background_count_ = 0;  // of those two, the transport's own
  http2::AbuseMeter meter_;
};

}  // namespace hawser::client
