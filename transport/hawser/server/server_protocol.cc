#include "hawser/server/server_protocol.h"

#include <algorithm>

namespace hawser::server {
namespace {

// Rounds of answers and output in one drain; the rest waits for the next turn (S-25).
constexpr int kDrainRounds = 16;

// A tenth more or less, by a number that differs from connection to connection (splitmix64 of the address and
// the time): no clients' reconnects are to come together.
Duration jittered(Duration duration, const void* connection, Instant now) {
  if (duration == Duration::max()) return duration;
  std::uint64_t x = reinterpret_cast<std::uintptr_t>(connection) ^
                    static_cast<std::uint64_t>(now.time_since_epoch().count());
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  x ^= x >> 31;
  const Duration tenth = duration / 10;
  return duration - tenth + tenth * static_cast<std::int64_t>(x % 2001) / 1000;
}

Keepalive keepalive_for(const ServerOptions& options, const Peer& peer, Instant now) {
  if (net::is_vsock(peer.family)) return {options.vsock_keepalive_time, options.vsock_keepalive_timeout, now};
  return {options.keepalive_time, options.keepalive_timeout, now};
}

PingPolicy ping_policy_for(const ServerOptions& options, const Peer& peer) {
  if (net::is_vsock(peer.family)) return {options.vsock_min_ping_interval, true};
  return {options.min_ping_interval, options.permit_pings_without_calls};
}

grpc::Status status(grpc::StatusCode code, std::string message) { return {code, std::move(message), {}}; }

}  // namespace

Result<std::unique_ptr<ServerProtocol>> ServerProtocol::create(const WorkerResources& resources, Peer peer,
                                                               Instant now) {
  std::unique_ptr<ServerProtocol> protocol(new ServerProtocol(resources, std::move(peer), now));
  auto session = http2::Session::create(resources.session_config, *protocol, resources.memory);
  if (!session) return tl::unexpected<Error>(std::move(session.error()));
  protocol->session_ = std::move(*session);
  return protocol;
}

ServerProtocol::ServerProtocol(const WorkerResources& resources, Peer peer, Instant now)
    : resources_(resources),
      interceptors_(resources.options.interceptors),
      peer_(new SharedPeer(std::move(peer))),
      now_(now),
      read_at_(now),
      unread_since_(now),
      abuse_(resources.options.limits),
      keepalive_(keepalive_for(resources.options, peer_->get(), now)),
      pings_(ping_policy_for(resources.options, peer_->get())),
      calls_left_(resources.options.max_connection_calls),
      held_(resources.options.max_held_bytes) {
  const http2::Limits& limits = resources.options.limits;
  timeouts_.handshake = saturating_add(now, limits.handshake_timeout);
  timeouts_.settings_ack = saturating_add(now, limits.settings_ack_timeout);
  timeouts_.idle = saturating_add(now, resources.options.max_connection_idle);
  timeouts_.age = saturating_add(now, jittered(resources.options.max_connection_age, this, now));
}

ServerProtocol::~ServerProtocol() {
  disconnected(Error{ErrorScope::kIo, 0, "connection destroyed"});
  peer_->release();
}

// --- bytes and time
// -------------------------------------------------------------------------------------------

void ServerProtocol::receive(Bytes bytes, Instant now) {
  if (failed_) return;
  now_ = now;
  note_read(now);
  keepalive_.on_read(now);
  busy_ = true;
  if (auto received = session_->receive(bytes); !received) {
    fail(received.error());
  } else if (!abuse_found_.empty()) {
    fail_later(abuse_found_);
  }
  if (!due_.empty()) deliver_due();
  busy_ = false;
}

void ServerProtocol::drain(ByteQueue& output, Instant now) {
  now_ = now;
  busy_ = true;
  if (!due_.empty()) deliver_due();
  drain_session(output);
  // Writes that have left make room for more, in this turn as long as the output has room.
  for (int i = 0; i < kDrainRounds && !due_.empty() && output.size() < kOutputHighWater; ++i) {
    deliver_due();
    drain_session(output);
  }
  busy_ = false;
  if (open_streams_ == 0) timeouts_.stall = kNever;
  if (!due_.empty()) output_ready();
  // A reset that was counted while draining: its GOAWAY goes out in the same turn.
  if (!abuse_found_.empty() && !failed_) {
    fail_later(abuse_found_);
    drain_session(output);
  }
  // The session sends PINGs ahead of everything else, but the answer has to say that the GOAWAY was read: the
  // PING is submitted when all that was queued before it has left.
  if (notice_ping_due_ && !failed_ && output.size() < kOutputHighWater) {
    notice_ping_due_ = false;
    submit_drain_ping();
    drain_session(output);
  }
}

void ServerProtocol::drain_session(ByteQueue& output) {
  auto drained = session_->drain(output, kOutputHighWater);
  if (drained) return;
  broken_ = true;
  fail(drained.error());
}

bool ServerProtocol::is_backlogged() const {
  const http2::Limits& limits = resources_.options.limits;
  return session_->queued_frames() >
         limits.queued_frames + limits.max_concurrent_streams * http2::Limits::kQueuedFramesAStream;
}

bool ServerProtocol::finished() const { return broken_ || !session_->is_alive(); }

void ServerProtocol::disconnected(const Error&) {
  failed_ = busy_ = true;
  const auto let_go = [this](ServerCall& call) {
    if (session_) session_->forget(call.stream_.id());
    leave_stream(call);
  };
  receiving_.for_each(let_go);
  active_.for_each(let_go);
  if (!due_.empty()) deliver_due();
  busy_ = false;
  while (!detached_.empty()) detached_.pop_front().protocol_ = nullptr;
  while (!due_.empty()) due_.pop_front().call.schedule();
}

void ServerProtocol::fail(const Error& error) {
  if (failed_) return;
  failed_ = true;
  session_->end(static_cast<http2::ErrorCode>(error.code), error.detail);
  if (resources_.options.log->enabled(log::Level::kInfo)) {
    resources_.options.log->write(log::Level::kInfo, "connection ended for a fault of the peer",
                                  {{"peer", peer().uri}, {"why", error.detail}});
  }
}

void ServerProtocol::fail_later(std::string_view why) {
  fail({ErrorScope::kConnection, static_cast<int>(http2::ErrorCode::kEnhanceYourCalm), std::string(why)});
}

// --- the request
// ----------------------------------------------------------------------------------------------

http2::Stream* ServerProtocol::on_stream_begin(http2::StreamId id) {
  const http2::Limits& limits = resources_.options.limits;
  abuse_.on_stream_opened();
  await_block(id);
  // The final GOAWAY may be queued and not sent: what comes now is above its last stream, and the client
  // will take it for unprocessed and send it again elsewhere.
  if (failed_ || last_stream_named_) return nullptr;
  // A handler of a stream that was reset still counts (S-6). As many again as there may be streams: the
  // client of calls that timed out opens new ones before their handlers, which were just told, had a turn to
  // end.
  if (running_calls_ >= 2 * std::size_t{limits.max_concurrent_streams}) return nullptr;
  ServerCall& call = resources_.calls.acquire();
  call.open(*this, *peer_, now_, resources_.options.max_send_bytes);
  call.sent_after_ = unread_since_;
  call.stream_.open(*session_, id, limits, resources_.options.max_receive_bytes);
  call.body_deadline_ = saturating_add(now_, limits.body_idle_timeout);
  receiving_.push_back(call);
  ++open_streams_;
  timeouts_.idle = kNever;
  if (--calls_left_ == 0) end_after_last_call();
  return &call;
}

bool ServerProtocol::on_known_head(http2::Stream& stream, std::uint64_t number) {
  return ServerCall::of(stream).stream_.on_known_head(number);
}

http2::HeaderVerdict ServerProtocol::on_header(http2::Stream& stream, http2::HeaderField field) {
  return ServerCall::of(stream).stream_.on_header(field);
}

void ServerProtocol::on_headers_end(http2::Stream& stream, bool end_of_stream) {
  timeouts_.headers = kNever;
  ServerCall& call = ServerCall::of(stream);
  if (call.method_ != nullptr || call.stream_.is_replied()) return;  // a trailer block
  if (!call.stream_.on_headers_end(end_of_stream)) return;
  route(call);
  if (call.method_ == nullptr || !call.method_->streams_requests() || call.stream_.is_replied()) return;
  call.stream_.stream_requests();
  call.unlink();
  active_.push_back(call);
  start(call);
}

void ServerProtocol::on_data(http2::Stream& stream, Bytes bytes) {
  ServerCall& call = ServerCall::of(stream);
  if (call.stream_.streams_requests()) return on_streamed_data(call, bytes);
  call.stream_.on_data(bytes);
  count_assembly(call);
  if (call.stream_.is_replied()) return;
  call.body_deadline_ = saturating_add(now_, resources_.options.limits.body_idle_timeout);
  call.unlink();
  receiving_.push_back(call);
}

void ServerProtocol::count_assembly(ServerCall& call) {
  assembly_bytes_ += call.stream_.buffered_bytes() - call.assembly_bytes_;
  call.assembly_bytes_ = call.stream_.buffered_bytes();
  if (assembly_bytes_ > resources_.options.max_assembly_bytes && !call.stream_.is_replied()) {
    call.stream_.reply(status(grpc::StatusCode::kResourceExhausted,
                              "too many request bytes in assembly on this connection"));
  }
}

void ServerProtocol::on_end_of_stream(http2::Stream& stream) {
  ServerCall& call = ServerCall::of(stream);
  call.unlink();
  active_.push_back(call);
  if (call.stream_.on_end_of_stream()) return start(call);
  call.continue_read();
  if (call.stream_.streams_requests()) after_read(call, 0);
}

void ServerProtocol::start(ServerCall& call) {
  call.received_at_ = now_;
  call.running_ = true;
  ++running_calls_;
  // A way of its own: the other ends with a jump, and saves no registers.
  if (call.stream_.head().wants_server_timing() && resources_.options.report_timing) [[unlikely]] {
    call.timing_.start(resources_.clock, now_);
    return call.method_->start(call);
  }
  call.method_->start(call);
}

// --- the reply
// ------------------------------------------------------------------------------------------------

void ServerProtocol::on_call_finished(ServerCall& call) {
  --running_calls_;
  deadlines_.remove(call);
  if (!call.in_stream_) return;
  if (call.intercepted_ > 0) tell_interceptors(call, call.final_status_, true);
  call.stream_.reply(call.final_status_);
  await_reply(call);
  if (call.stream_.streams_requests()) settle_held(call, 0);
  output_ready();
}

http2::BodyChunk ServerProtocol::on_body_wanted(http2::Stream& stream, MutableBytes into) {
  abuse_.on_data_sent();
  pings_.forgive();
  ServerCall& call = ServerCall::of(stream);
  call.stalled_ = 0;
  // These are the last bytes of the message; its trailers follow.
  if (call.timing_.is_on()) [[unlikely]] {
    if (call.stream_.is_replied() && call.stream_.queued_bytes() <= into.size()) {
      call.timing_.report(call.stream_.trailing_metadata());
    }
  }
  const http2::BodyChunk chunk = call.stream_.on_body_wanted(into);
  if (call.writing_) call.continue_write();
  return chunk;
}

void ServerProtocol::on_last_frame_sent(http2::Stream& stream) {
  pings_.forgive();
  ServerCall::of(stream).stream_.on_last_frame_sent();
}

void ServerProtocol::on_stream_closed(http2::Stream& stream, http2::ErrorCode code) {
  ServerCall& call = ServerCall::of(stream);
  // A malformed block is reset by the session without on_headers_end.
  if (call.stream_.id() == arriving_head_) timeouts_.headers = kNever;
  // Not answered and not by us: the client reset it (S-7), whatever code it gave.
  const bool is_reset = code != http2::ErrorCode::kNoError || call.stream_.id() == reset_by_peer_;
  if (is_reset && !call.stream_.has_answered() && !ran_out_of_time(call) &&
      abuse_.on_premature_reset(now_ - call.opened_at_)) {
    abuse_found_ = "too many streams opened and reset";
  }
  leave_stream(call);
}

// What is read in pieces is given with one time.
void ServerProtocol::note_read(Instant now) {
  if (now == read_at_) return;
  unread_since_ = read_at_;
  read_at_ = now;
}

// The client's clock runs a little before ours, so its reset comes before our own expiry: no abuse, however
// many calls time out together (S-5), and when we didn't read for a while, not even when both came together.
// A client gains nothing by pretending, since expiry doesn't count either.
bool ServerProtocol::ran_out_of_time(const ServerCall& call) const {
  const std::optional<Duration> timeout = call.stream_.head().timeout();
  return timeout && now_ - call.sent_after_ >= *timeout / 2;
}

// The stream lets go of the call; the handler may still hold it.
void ServerProtocol::leave_stream(ServerCall& call) {
  assembly_bytes_ -= call.assembly_bytes_;
  deadlines_.remove(call);
  call.unlink();
  call.in_stream_ = false;
  --open_streams_;
  if (call.intercepted_ > 0) {
    grpc::Status end =
        status(call.stream_.is_replied() ? call.stream_.status_code() : grpc::StatusCode::kCancelled,
               "the call ended before its handler did");
    tell_interceptors(call, end, false);
  }
  if (open_streams_ == 0 && !draining_ && !failed_) {
    timeouts_.idle = saturating_add(now_, resources_.options.max_connection_idle);
  }
  if (call.stream_.streams_requests()) {
    call.stream_.drop_held();
    settle_held(call, 0);
  }
  if (!call.running_) {
    call.protocol_ = nullptr;
    return call.let_go();
  }
  detached_.push_back(call);
  if (!call.status_sent_) call.cancel();
}

}  // namespace hawser::server
