// The part of ServerProtocol that time and connection-level frames drive: timeouts, keepalive, the graceful
// end.
#include <algorithm>

#include "hawser/server/server_protocol.h"

namespace hawser::server {
namespace {

// Payloads of our PINGs: between the two GOAWAYs, and to ask whether somebody is there.
constexpr std::uint64_t kDrainPing = 0x6861777365720001;
constexpr std::uint64_t kKeepalivePing = 0x6861777365720002;

// Debug data of a GOAWAY that the connection brought upon itself, in the words of grpc-core (P-83).
constexpr std::string_view kIdle = "max_idle";
constexpr std::string_view kAged = "max_age";
constexpr std::string_view kManyCalls = "max_calls";

grpc::Status end_status(grpc::StatusCode code, std::string message) { return {code, std::move(message), {}}; }

}  // namespace

Instant ServerProtocol::next_expiry() const {
  // expire() does nothing any more; an instant in the past would make the pump spin.
  if (failed_) return kNever;
  const Instant body = receiving_.empty() ? kNever : receiving_.front().body_deadline_;
  return std::min({deadlines_.next(), body, timeouts_.handshake, timeouts_.settings_ack, timeouts_.headers,
                   timeouts_.idle, timeouts_.drain, timeouts_.age, timeouts_.grace, timeouts_.stall,
                   keepalive_.next()});
}

void ServerProtocol::expire(Instant now) {
  now_ = now;
  if (failed_) return;
  busy_ = true;
  while (grpc::DeadlineEntry* due = deadlines_.pop_due(now)) expire_call(static_cast<ServerCall&>(*due));
  while (!receiving_.empty() && receiving_.front().body_deadline_ <= now) expire_body(receiving_.front());
  if (timeouts_.stall <= now) end_stalled_replies();
  if (timeouts_.drain <= now) send_final_goaway();
  if (timeouts_.idle <= now) begin_end(kIdle);
  if (timeouts_.age <= now) begin_end(kAged);
  check_keepalive();
  using http2::ErrorCode;
  if (timeouts_.grace <= now) {
    cut_off("calls are still open at the end of the connection's grace");
  } else if (timeouts_.handshake <= now) {
    fail({ErrorScope::kConnection, static_cast<int>(ErrorCode::kSettingsTimeout), "no SETTINGS in time"});
  } else if (timeouts_.settings_ack <= now) {
    fail({ErrorScope::kConnection, static_cast<int>(ErrorCode::kSettingsTimeout),
          "SETTINGS not acknowledged in time"});
  } else if (timeouts_.headers <= now) {
    fail({ErrorScope::kConnection, static_cast<int>(ErrorCode::kEnhanceYourCalm),
          "header block not complete in time"});
  }
  if (!due_.empty()) deliver_due();
  busy_ = false;
}

void ServerProtocol::check_keepalive() {
  switch (keepalive_.check(now_)) {
    case Keepalive::Due::kNothing:
      return;
    case Keepalive::Due::kPing:
      session_->submit_ping(kKeepalivePing);
      return output_ready();
    case Keepalive::Due::kDeath:
      return cut_off("the client did not answer a keepalive PING");
  }
}

// Handlers are told now and not when the socket has closed: a client that takes no bytes holds that up until
// the write timeout.
void ServerProtocol::cut_off(std::string_view why) {
  fail({ErrorScope::kConnection, static_cast<int>(http2::ErrorCode::kNoError), std::string(why)});
  active_.for_each([](ServerCall& call) {
    if (call.running_) call.cancel();
  });
}

void ServerProtocol::on_refused_end(http2::StreamId id) {
  if (id == arriving_head_) timeouts_.headers = kNever;
}

void ServerProtocol::on_trailers_begin(http2::Stream& stream) {
  await_block(ServerCall::of(stream).stream_.id());
}

void ServerProtocol::await_block(http2::StreamId id) {
  timeouts_.headers = saturating_add(now_, resources_.options.limits.header_timeout);
  arriving_head_ = id;
}

// The stream ends, a running handler keeps its slot (P-33). With a status as grpc-core's servers do, not with
// RST_STREAM CANCEL: that one reached stock clients before their own timer now and then, as CANCELLED.
void ServerProtocol::expire_call(ServerCall& call) {
  if (call.stream_.is_replied()) return;
  call.stream_.cut(grpc::ServerStream::Cut::kDeadlineExceeded);
  if (call.intercepted_ > 0) {
    grpc::Status end = end_status(grpc::StatusCode::kDeadlineExceeded, "deadline exceeded");
    tell_interceptors(call, end, false);
  }
  if (call.stream_.streams_requests()) settle_held(call, 0);
  call.cancel();
}

void ServerProtocol::cancel_call(ServerCall& call) {
  call.stream_.cut(grpc::ServerStream::Cut::kCancelled);
  if (call.stream_.streams_requests()) settle_held(call, 0);
  output_ready();
}

void ServerProtocol::expire_body(ServerCall& call) {
  call.unlink();
  active_.push_back(call);
  await_reply(call);
  if (call.stream_.is_replied()) return;
  call.stream_.reply(end_status(grpc::StatusCode::kCancelled, "the request body did not arrive in time"));
}

void ServerProtocol::watch_replies() {
  timeouts_.stall = saturating_add(now_, resources_.options.reply_stall_timeout / 2);
}

// Comes twice in the timeout: a reply of which nothing has left since the time before last is given up.
void ServerProtocol::end_stalled_replies() {
  timeouts_.stall = kNever;
  active_.for_each([this](ServerCall& call) {
    if (!call.reply_given_) return;
    if (++call.stalled_ > 2) session_->submit_reset(call.stream_.id(), http2::ErrorCode::kCancel);
    watch_replies();
  });
}

void ServerProtocol::shutdown(Instant now) {
  now_ = now;
  begin_end({});
}

void ServerProtocol::begin_end(std::string_view why) {
  timeouts_.age = kNever;
  if (draining_ || failed_) return;
  draining_ = true;
  end_reason_ = why;
  timeouts_.idle = kNever;
  timeouts_.drain = saturating_add(now_, resources_.options.drain_notice_timeout);
  session_->submit_shutdown_notice();
  notice_ping_due_ = true;
  output_ready();
}

void ServerProtocol::end_after_last_call() { begin_end(kManyCalls); }

void ServerProtocol::send_final_goaway() {
  timeouts_.drain = kNever;
  notice_ping_due_ = false;
  last_stream_named_ = true;
  session_->submit_final_goaway(end_reason_);
  // The grace counts from this GOAWAY on (A9). A server that shuts down has its own (Server::shutdown).
  if (end_reason_ == kAged) {
    timeouts_.grace = saturating_add(now_, resources_.options.max_connection_age_grace);
  }
}

void ServerProtocol::submit_drain_ping() { session_->submit_ping(kDrainPing); }

void ServerProtocol::on_reset_sent(http2::StreamId, http2::ErrorCode code) {
  if (abuse_.on_reset_sent(code, now_)) abuse_found_ = "too many faulty streams";
}

void ServerProtocol::on_reset_received(http2::StreamId id, http2::ErrorCode) {
  reset_by_peer_ = id;
  if (abuse_.on_reset_received(now_)) abuse_found_ = "too many resets";
}

void ServerProtocol::on_idle_frame(http2::IdleFrame frame) {
  if (abuse_.on_idle_frame(frame, now_)) abuse_found_ = "too many frames without work";
  if (frame == http2::IdleFrame::kPing && !pings_.accept(now_, open_streams_ > 0)) {
    abuse_found_ = "too_many_pings";  // what clients look for (A8)
  }
}

void ServerProtocol::on_settings() { timeouts_.handshake = kNever; }

void ServerProtocol::on_settings_acknowledged() { timeouts_.settings_ack = kNever; }

void ServerProtocol::on_ping_acknowledged(std::uint64_t payload) {
  if (payload == kDrainPing && draining_ && timeouts_.drain != kNever) send_final_goaway();
}

void ServerProtocol::on_goaway(http2::StreamId, http2::ErrorCode, std::string_view) {
  // The client opens no more streams; the session ends when the open ones have closed.
}

}  // namespace hawser::server
