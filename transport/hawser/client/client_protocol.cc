#include "hawser/client/client_protocol.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hawser::client {
namespace {

using grpc::Status;
using grpc::StatusCode;
using http2::ErrorCode;

// HTTP/2's debug data and error texts of the peer are quoted this far.
constexpr std::size_t kLongestQuote = 128;

Call& call_of(http2::Stream& stream) { return static_cast<Call&>(stream); }

Error connection_error(ErrorCode code, std::string detail) {
  return Error{ErrorScope::kConnection, static_cast<int>(code), std::move(detail)};
}

Status deadline_passed() { return {StatusCode::kDeadlineExceeded, "the deadline of the call passed", {}}; }

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongestQuote));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7E; }, ' ');
  return out;
}

}  // namespace

ClientProtocol::ClientProtocol(const ProtocolConfig& config, Owner& owner, Instant handshake_deadline,
                               const KeepaliveOptions& keepalive)
    : config_(config),
      owner_(owner),
      handshake_deadline_(handshake_deadline),
      keepalive_(keepalive),
      held_(config.max_held_bytes),
      meter_(config.session->limits()) {}

ClientProtocol::~ClientProtocol() = default;

Result<std::unique_ptr<ClientProtocol>> ClientProtocol::create(const ProtocolConfig& config, Owner& owner,
                                                               http2::MemoryPool& memory,
                                                               Instant handshake_deadline,
                                                               const KeepaliveOptions& keepalive) {
  std::unique_ptr<ClientProtocol> protocol(new ClientProtocol(config, owner, handshake_deadline, keepalive));
  Result<std::unique_ptr<http2::Session>> session =
      http2::Session::create(*config.session, *protocol, memory);
  if (!session) return tl::unexpected<Error>(std::move(session.error()));
  protocol->session_ = std::move(*session);
  return protocol;
}

// --- calls -----------------------------------------------------------------------------------------------

void ClientProtocol::start(Call& call) {
  call.place_ = Call::Place::kWaiting;
  call.protocol_ = this;
  waiting_.push_back(call);
  ++waiting_count_;
  if (call.is_background_) ++background_count_;
  deadlines_.add(call);
  notifier_->on_output_ready();
}

void ClientProtocol::cancel(Call& call, Status status, Instant now) {
  now_ = now;
  abandon(call, std::move(status));
  notifier_->on_output_ready();
  deliver();
}

void ClientProtocol::abandon(Call& call, Status status, Unread unread) {
  if (call.place_ == Call::Place::kFinished) return;
  if (call.place_ == Call::Place::kWaiting) {
    call.stream_.finish_unopened(std::move(status));
  } else {
    call.stream_.abandon(std::move(status), unread);
  }
  finish(call);
}

void ClientProtocol::open_waiting() {
  if (state_ != State::kReady) return;
  const std::size_t most = session_->peer_max_concurrent_streams();
  while (open_count_ < most && !waiting_.empty()) {
    if (session_->is_out_of_stream_ids()) {
      return stop_accepting(connection_error(ErrorCode::kNoError, "the connection has used its stream ids"));
    }
    open(waiting_.front());
  }
}

void ClientProtocol::open(Call& call) {
  grpc::RequestFields fields{.scheme = config_.scheme,
                             .path = call.path_,
                             .authority = call.authority_.empty() ? config_.authority : call.authority_,
                             .user_agent = config_.user_agent,
                             .timeout = std::nullopt,
                             .metadata = call.metadata_.empty() ? nullptr : &call.metadata_,
                             .previous_attempts = call.failed_attempts_,
                             .encoding = call.encoding_};
  if (call.deadline != kNever) {
    if (call.deadline <= now_) {
      call.stream_.finish_unopened(
          {StatusCode::kDeadlineExceeded, "the deadline passed before the call was sent", {}});
      return finish(call);
    }
    fields.timeout = call.deadline - now_;
  }
  std::size_t max_receive =
      call.max_receive_bytes_ != 0 ? call.max_receive_bytes_ : config_.max_receive_bytes;
  if (call.method_config_ != nullptr) {
    max_receive = std::min(max_receive, call.method_config_->max_response_bytes.value_or(max_receive));
  }
  if (auto opened =
          call.stream_.open(*session_, call, fields, config_.session->limits(), max_receive, &held_);
      !opened) {
    call.stream_.finish_unopened(
        {static_cast<StatusCode>(opened.error().code), "open a stream: " + opened.error().detail, {}});
    return finish(call);
  }
  keepalive_.on_sent();
  call.unlink();
  --waiting_count_;
  call.place_ = Call::Place::kOpen;
  open_.push_back(call);
  ++open_count_;
  call.times_.sent = now_;
  meter_.on_stream_opened();
}

void ClientProtocol::settle(Call& call) {
  if (call.stream_.is_finished() && call.stream_.is_released()) {
    finish(call);
  } else {
    note_progress(call);
  }
}

void ClientProtocol::forget(Call& call) {
  call.unlink();
  if (call.place_ == Call::Place::kWaiting) --waiting_count_;
  if (call.place_ == Call::Place::kOpen) --open_count_;
  if (call.is_background_) --background_count_;
  deadlines_.remove(call);
  call.protocol_ = nullptr;
  if (call.progress_ != nullptr) call.progress_->unlink();
}

void ClientProtocol::finish(Call& call) {
  forget(call);
  call.place_ = Call::Place::kFinished;
  call.times_.done = now_;
  if (!call.is_background_) last_call_end_ = now_;
  finished_.push_back(call);
}

void ClientProtocol::retire(Error reason) {
  if (state_ == State::kClosed) return;
  stop_accepting(std::move(reason));
  deliver();
}

void ClientProtocol::shut_down(const Status& status, Instant now) {
  if (state_ == State::kClosed) return;
  now_ = now;
  waiting_.for_each([&](Call& call) { abandon(call, status); });
  open_.for_each([&](Call& call) { abandon(call, status); });
  session_->end(ErrorCode::kNoError, {});
  lost_ = true;
  stop_accepting(connection_error(ErrorCode::kNoError, "the channel is closed"));
  notifier_->on_output_ready();
  deliver();
}

// --- bytes -----------------------------------------------------------------------------------------------

void ClientProtocol::receive(Bytes bytes, Instant now) {
  now_ = now;
  keepalive_.on_read(now);
  Result<void> received = session_->receive(bytes);
  if (!received) {
    fail_connection(std::move(received.error()));
  } else if (fault_) {
    fail_connection(*std::exchange(fault_, std::nullopt));
  }
  deliver();
}

void ClientProtocol::drain(ByteQueue& output, Instant now) {
  now_ = now;
  open_waiting();
  if (Result<void> drained = session_->drain(output, kOutputHighWater); !drained) {
    fail_connection(std::move(drained.error()));
    static_cast<void>(session_->drain(output, kOutputHighWater));  // its GOAWAY, if that much still works
  }
  deliver();
}

Instant ClientProtocol::next_expiry() const {
  return std::min({deadlines_.next(), handshake_deadline_, idle_check_, keepalive_.next(load() > 0)});
}

void ClientProtocol::expire(Instant now) {
  now_ = now;
  while (grpc::DeadlineEntry* entry = deadlines_.pop_due(now)) {
    abandon(static_cast<Call&>(*entry), deadline_passed());
  }
  check_keepalive();
  check_idle();
  if (now >= handshake_deadline_) {
    handshake_deadline_ = kNever;
    fail_connection(
        connection_error(ErrorCode::kSettingsTimeout, "the server sent no SETTINGS in time: is it HTTP/2?"));
  }
  deliver();
}

void ClientProtocol::check_keepalive() {
  switch (keepalive_.check(now_, load() > 0)) {
    case Keepalive::Due::kNothing:
      return;
    case Keepalive::Due::kPing:
      return session_->submit_ping(0);
    case Keepalive::Due::kDeath:
      return fail_connection(
          connection_error(ErrorCode::kNoError, "the server did not answer a keepalive PING"));
  }
}

void ClientProtocol::check_idle() {
  if (now_ < idle_check_) return;
  const Instant due =
      saturating_add(load() > background_count_ ? now_ : last_call_end_, config_.idle_timeout);
  idle_check_ = due > now_ ? due : kNever;
  if (due > now_) return;
  was_idle_ = true;
  stop_accepting(connection_error(ErrorCode::kNoError, "the connection was idle"));
}

void ClientProtocol::disconnected(const Error& reason) {
  lost_ = true;
  stop_accepting(reason);
  deliver();
  state_ = State::kClosed;
}

/// The reaction to every error of connection scope.
void ClientProtocol::fail_connection(Error error) {
  session_->end(static_cast<ErrorCode>(error.code), error.detail);
  lost_ = true;
  stop_accepting(std::move(error));
}

void ClientProtocol::stop_accepting(Error reason) {
  if (!closing_reason_) closing_reason_ = std::move(reason);
  handshake_deadline_ = idle_check_ = kNever;
}

// --- telling the owner -----------------------------------------------------------------------------------

void ClientProtocol::deliver() {
  if (delivering_) return;
  delivering_ = true;
  if (settings_came_ && state_ == State::kStarting && !closing_reason_) {
    state_ = State::kReady;
    handshake_deadline_ = kNever;
    keepalive_.start(now_);
    last_call_end_ = now_;
    idle_check_ = saturating_add(now_, config_.idle_timeout);
    owner_.on_ready(*this);
  }
  if (closing_reason_ && !closing_told_) {
    closing_told_ = true;
    state_ = State::kClosing;
    owner_.on_closing(*this, *closing_reason_);
  }
  deliver_calls();
  delivering_ = false;
  if (closing_told_ && !lost_ && open_count_ == 0) {
    lost_ = true;
    session_->end(ErrorCode::kNoError, {});
    notifier_->on_output_ready();
  }
}

void ClientProtocol::deliver_calls() {
  if (lost_) {
    open_.for_each([this](Call& call) {
      abandon(call, {StatusCode::kUnavailable, "connection lost: " + closing_reason_->detail, {}},
              Unread::kKeep);
    });
  }
  deliver_progress();
  while (!finished_.empty()) {
    Call& call = finished_.pop_front();
    if (call.stream_.was_refused() && !call.retried_) {
      call.retried_ = true;
      owner_.on_call_returned(call);
    } else {
      owner_.on_call_done(call);
    }
    deliver_progress();
  }
  while (closing_told_ && !waiting_.empty()) {
    Call& call = waiting_.front();
    forget(call);
    owner_.on_call_returned(call);
  }
}

// --- the session's events ----------------------------------------------------------------------------------

http2::HeaderVerdict ClientProtocol::on_header(http2::Stream& stream, http2::HeaderField field) {
  return call_of(stream).stream_.on_header(field);
}

void ClientProtocol::on_headers_end(http2::Stream& stream, bool end_of_stream) {
  Call& call = call_of(stream);
  const bool had_head = call.stream_.has_response_head();
  call.stream_.on_headers_end(end_of_stream);
  if (!had_head && call.stream_.has_response_head()) {
    call.times_.first_byte = now_;
    has_answered_ = has_answered_ || !call.is_background_;
  }
  settle(call);
}

void ClientProtocol::on_data(http2::Stream& stream, Bytes bytes) {
  call_of(stream).stream_.on_data(bytes);
  settle(call_of(stream));
}

void ClientProtocol::on_end_of_stream(http2::Stream& stream) {
  call_of(stream).stream_.on_end_of_stream();
  settle(call_of(stream));
}

http2::BodyChunk ClientProtocol::on_body_wanted(http2::Stream& stream, MutableBytes into) {
  meter_.on_data_sent();
  keepalive_.on_sent();
  note_progress(call_of(stream));
  return call_of(stream).stream_.on_body_wanted(into);
}

void ClientProtocol::on_last_frame_sent(http2::Stream& stream) {
  call_of(stream).stream_.on_last_frame_sent();
}

void ClientProtocol::on_stream_closed(http2::Stream& stream, ErrorCode code) {
  Call& call = call_of(stream);
  if (code == ErrorCode::kCancel && now_ >= call.deadline) {
    call.stream_.on_lost(deadline_passed());  // the server's timer was quicker than ours (P-32)
  } else {
    call.stream_.on_closed(code);
  }
  settle(call);
}

void ClientProtocol::on_reset_sent(http2::StreamId, ErrorCode code) {
  if (meter_.on_reset_sent(code, now_) && !fault_) {
    fault_ = connection_error(ErrorCode::kEnhanceYourCalm, "too many malformed responses");
  }
}

void ClientProtocol::on_idle_frame(http2::IdleFrame frame) {
  if (meter_.on_idle_frame(frame, now_) && !fault_) {
    fault_ = connection_error(ErrorCode::kEnhanceYourCalm, "too many frames without work");
  }
}

void ClientProtocol::on_goaway(http2::StreamId, ErrorCode code, std::string_view debug_data) {
  if (code == ErrorCode::kEnhanceYourCalm && debug_data == "too_many_pings") pinged_too_often_ = true;
  std::string detail = "the server sent GOAWAY ";
  detail.append(http2::to_string(code));
  if (!debug_data.empty()) detail.append(": ").append(printable(debug_data));
  stop_accepting(connection_error(code, std::move(detail)));
}

}  // namespace hawser::client
