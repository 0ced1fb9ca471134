// Streams, and what is asked of a FrameSession from outside.
#include "hawser/http2/frame_session.h"

#include <algorithm>
#include <cerrno>
#include <new>

#include "hawser/http2/memory_table.h"
#include "hawser/http2/session_detail.h"

namespace hawser::http2 {
namespace {

constexpr StreamId kLargestId = 0x7FFF'FFFF;

tl::unexpected<Error> stream_error(std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kStream, kGrpcInternal, std::move(detail)});
}

tl::unexpected<Error> no_memory() { return stream_error("no memory for the frames of a stream"); }

}  // namespace

bool PendingFields::set(std::span<const HeaderField> fields, SessionMemory& memory) {
  release(memory);
  // Even of no field: is_set() says that a block is to be sent.
  auto* copies = static_cast<HeaderField*>(
      memory.allocate(std::max<std::size_t>(fields.size(), 1) * sizeof(HeaderField)));
  if (copies == nullptr) return false;
  std::uninitialized_copy(fields.begin(), fields.end(), copies);
  fields_ = copies;
  count_ = fields.size();
  return true;
}

Result<std::unique_ptr<FrameSession>> FrameSession::create(const SessionConfig& config, SessionEvents& events,
                                                           MemoryPool& pool) {
  std::unique_ptr<FrameSession> session(new FrameSession(config, events, pool));
  if (!session->decoder_.start(*session->table_) || !session->encoder_.start(*session->table_)) {
    return io_error(ENOMEM, "HTTP/2 session");
  }
  session->submit_first_settings();
  return session;
}

FrameSession::FrameSession(const SessionConfig& config, SessionEvents& events, MemoryPool& pool)
    : limits_(config.limits()),
      role_(config.role()),
      events_(events),
      pool_(pool),
      memory_(pool),
      table_(new MemoryTable(memory_.table())),
      decoder_(pool),
      encoder_(pool),
      streams_(memory_),
      expect_(role_ == Role::kServer ? Expect::kGreeting : Expect::kFrameHeader),
      connection_window_(std::min<std::int64_t>(limits_.connection_window_bytes, kLargestWindow)) {}

FrameSession::~FrameSession() = default;

void FrameSession::submit_first_settings() {
  if (role_ == Role::kClient) {
    urgent_.append({reinterpret_cast<const std::uint8_t*>(kPreface.data()), kPreface.size()});
  }
  std::array<std::uint8_t, 4 * kSettingBytes> payload;
  std::uint8_t* into = payload.data();
  const auto add = [&into](SettingId id, std::uint32_t value) {
    write_u16(into, static_cast<std::uint16_t>(id));
    write_u32(into + sizeof(std::uint16_t), value);
    into += kSettingBytes;
  };
  add(SettingId::kInitialWindowSize,
      static_cast<std::uint32_t>(std::min<std::int64_t>(limits_.stream_window_bytes, kLargestWindow)));
  add(SettingId::kMaxHeaderListSize, static_cast<std::uint32_t>(limits_.header_list_bytes));
  if (role_ == Role::kServer) {
    add(SettingId::kMaxConcurrentStreams, limits_.max_concurrent_streams);
    add(SettingId::kNoRfc7540Priorities, 1);  // S-20
  } else {
    add(SettingId::kEnablePush, 0);  // P-2
    add(SettingId::kMaxConcurrentStreams, 0);
  }
  write_control(FrameType::kSettings, 0, kConnectionStream, payload, urgent_);
  const std::int64_t difference = connection_window_ - kDefaultWindow;
  if (difference <= 0) return;
  receive_window_.resize(difference);
  connection_credit_ = static_cast<std::uint32_t>(difference);
}

bool FrameSession::is_alive() const {
  if (wants_write()) return true;
  if (ended_) return false;
  return streams_.size() > 0 || !(goaway_sent_ || goaway_received_);
}

bool FrameSession::wants_write() const {
  if (!urgent_.empty() || !control_.empty()) return true;
  return !ended_ && (connection_credit_ > 0 || !ready_.empty() || may_open_request());
}

Result<void> FrameSession::submit_response(StreamId id, std::span<const HeaderField> fields, bool has_body) {
  StreamState* stream = find(id);
  if (stream == nullptr) return stream_error("the stream is closed");
  if (stream->reset_due || stream->local_closed) return {};
  if (!stream->head.set(fields, memory_)) return no_memory();
  stream->head_has_body = has_body;
  stream->body = has_body ? StreamState::Body::kReady : StreamState::Body::kNone;
  make_ready(*stream);
  return {};
}

Result<void> FrameSession::submit_trailers(StreamId id, std::span<const HeaderField> fields) {
  StreamState* stream = find(id);
  if (stream == nullptr) return stream_error("the stream is closed");
  if (stream->reset_due || stream->local_closed) return {};
  if (!stream->trailers.set(fields, memory_)) return no_memory();
  if (stream == asked_for_body_) return {};
  stream->body = StreamState::Body::kNone;
  make_ready(*stream);
  return {};
}

Result<StreamId> FrameSession::submit_request(std::span<const HeaderField> fields, Stream& stream,
                                              bool has_body) {
  if (next_id_ < 0) return stream_error("the connection is out of stream ids");
  StreamState* state = streams_.add(next_id_);
  if (state == nullptr) return no_memory();
  if (!state->head.set(fields, memory_)) {
    streams_.remove(*state);
    return no_memory();
  }
  stream.checks_.begin_message();
  state->user = &stream;
  state->send_window = SendWindow(peer_stream_window_);
  state->receive_window = ReceiveWindow(stream_window_);
  state->head_has_body = has_body;
  state->body = has_body ? StreamState::Body::kReady : StreamState::Body::kNone;
  state->queue = StreamState::Queue::kRequests;
  requests_.push_back(*state);
  recent_ = state;
  next_id_ = next_id_ < kLargestId ? next_id_ + 2 : -1;
  return state->id;
}

void FrameSession::submit_reset(StreamId id, ErrorCode code) {
  if (StreamState* stream = find(id)) reset(*stream, code);
}

void FrameSession::submit_ping(std::uint64_t payload) {
  std::array<std::uint8_t, sizeof(payload)> bytes;
  std::memcpy(bytes.data(), &payload, sizeof(payload));
  write_control(FrameType::kPing, 0, kConnectionStream, bytes, urgent_);
}

void FrameSession::submit_shutdown_notice() { submit_goaway(kLargestId, ErrorCode::kNoError, {}); }

void FrameSession::submit_final_goaway(std::string_view debug) {
  goaway_due_ = true;
  submit_goaway(last_taken_id_, ErrorCode::kNoError, debug);
}

void FrameSession::end(ErrorCode code, std::string_view debug) {
  if (ended_) return;
  submit_goaway(last_taken_id_, code, debug);
  ended_ = true;
}

void FrameSession::terminate(ErrorCode code, std::string_view why) { end(code, why); }

void FrameSession::submit_goaway(StreamId last, ErrorCode code, std::string_view debug) {
  if (ended_) return;
  named_id_ = last = std::min(last, named_id_);  // RFC 9113 6.8: it may not rise
  debug = debug.substr(0, kLargestPayload - kGoawayBytes);
  MutableBytes into = control_.reserve(kFrameHeaderBytes + kGoawayBytes + debug.size());
  write_frame_header(into.data(), {static_cast<std::uint32_t>(kGoawayBytes + debug.size()),
                                   FrameType::kGoaway, 0, kConnectionStream});
  into = into.subspan(kFrameHeaderBytes);
  write_u32(into.data(), static_cast<std::uint32_t>(last));
  write_u32(into.data() + sizeof(std::uint32_t), static_cast<std::uint32_t>(code));
  if (!debug.empty()) std::memcpy(into.data() + kGoawayBytes, debug.data(), debug.size());
  control_.commit(kFrameHeaderBytes + kGoawayBytes + debug.size());
  ++control_frames_;
}

void FrameSession::consume(StreamId id, std::size_t size) {
  consume_connection(size);
  consume_stream(id, size);
}

void FrameSession::consume_connection(std::size_t size) {
  connection_credit_ += receive_window_.use(size, connection_window_);
}

void FrameSession::consume_stream(StreamId id, std::size_t size) {
  if (StreamState* stream = find(id)) credit_stream(*stream, size);
}

void FrameSession::credit_stream(StreamState& stream, std::size_t size) {
  if (stream.remote_closed || stream.reset_due) return;  // it brings nothing more
  const std::uint32_t credit = stream.receive_window.use(size, stream_window_);
  if (credit == 0) return;
  stream.credit += credit;
  make_ready(stream);
}

void FrameSession::resume_body(StreamId id) {
  StreamState* stream = find(id);
  if (stream == nullptr || stream->body != StreamState::Body::kWaitsForBytes) return;
  stream->body = StreamState::Body::kReady;
  make_ready(*stream);
}

void FrameSession::forget(StreamId id) {
  if (StreamState* stream = find(id)) stream->user = nullptr;
}

void FrameSession::give_memory_back() {
  if (!is_alive() || wants_write()) return;
  decoder_.give_memory_back();
  encoder_.give_memory_back();
  streams_.give_memory_back();
  urgent_.release();
  control_.release();
  if (partial_.empty()) partial_.release();  // else it is of a frame that is still to come whole
}

// --- streams
// --------------------------------------------------------------------------------------------------

StreamState* FrameSession::look_up(StreamId id) {
  StreamState* stream = streams_.find(id);
  if (stream != nullptr) recent_ = stream;
  return stream;
}

StreamState* FrameSession::find_heard(StreamId id) {
  StreamState* stream = find(id);
  return stream != nullptr && stream->user != nullptr && !stream->reset_due ? stream : nullptr;
}

void FrameSession::make_ready(StreamState& stream) {
  using Queue = StreamState::Queue;
  if (stream.queue == Queue::kReady) return;
  if (stream.queue == Queue::kRequests && !stream.reset_due) return;  // its turn comes
  stream.unlink();
  stream.queue = Queue::kReady;
  ready_.push_back(stream);
  ++ready_count_;
}

void FrameSession::take_out(StreamState& stream) {
  if (stream.queue == StreamState::Queue::kReady) --ready_count_;
  stream.queue = StreamState::Queue::kNone;
  stream.unlink();
}

void FrameSession::reset(StreamState& stream, ErrorCode code) {
  if (stream.reset_due) return;
  stream.reset_due = true;
  stream.reset_code = code;
  make_ready(stream);
}

void FrameSession::reject(StreamState& stream) {
  stream.user->checks_.mark_malformed();
  block_.unheard_fields = 0;
  reset(stream, ErrorCode::kProtocolError);
}

void FrameSession::reject_last(StreamState& stream) {
  stream.remote_closed = true;
  if (!stream.local_closed) return reject(stream);
  // Both sides have ended: the stream closes now, and its reset tells the peer why.
  const StreamId id = stream.id;
  std::array<std::uint8_t, sizeof(std::uint32_t)> code;
  write_u32(code.data(), static_cast<std::uint32_t>(ErrorCode::kProtocolError));
  write_control(FrameType::kReset, 0, id, code, control_);
  close(stream, ErrorCode::kProtocolError);
  events_.on_reset_sent(id, ErrorCode::kProtocolError);
}

void FrameSession::close(StreamState& stream, ErrorCode code) {
  Stream* user = stream.user;
  take_out(stream);
  if (stream.counts) --counted_streams_;
  if (recent_ == &stream) recent_ = nullptr;
  streams_.remove(stream);
  if (user != nullptr) events_.on_stream_closed(*user, code);
}

}  // namespace hawser::http2
