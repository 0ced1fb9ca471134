// What the peer's frames say to a FrameSession.
#include <array>
#include <vector>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/header_block.h"

namespace hawser::http2 {

// Here and not when a frame is complete, and whatever stream it is of: floods are made of them (S-9).
void FrameSession::count_idle_frame() {
  switch (frame_.type) {
    case FrameType::kData:
    case FrameType::kHeaders:
    case FrameType::kReset:
    case FrameType::kPushPromise:
    case FrameType::kGoaway:
    case FrameType::kContinuation:
      return;
    case FrameType::kPing:
      if (!frame_.has(kFlagAck)) events_.on_idle_frame(IdleFrame::kPing);
      return;
    case FrameType::kSettings:
      if (!frame_.has(kFlagAck)) events_.on_idle_frame(IdleFrame::kSettings);
      return;
    case FrameType::kPriority:
      return events_.on_idle_frame(IdleFrame::kPriority);
    case FrameType::kWindowUpdate:
      return events_.on_idle_frame(IdleFrame::kWindowUpdate);
  }
  events_.on_idle_frame(IdleFrame::kUnknown);
}

// --- header blocks
// ----------------------------------------------------------------------------------------------

void FrameSession::begin_head() {
  expect_ = Expect::kBlock;
  block_ = Block();
  block_.id = frame_.id;
  block_.is_open = true;
  block_.ends_stream = frame_.has(kFlagEndStream);
  if (role_ == Role::kServer) return begin_request();
  if (frame_.id == kConnectionStream || is_idle(frame_.id)) {
    return terminate(ErrorCode::kProtocolError, "HEADERS of a stream that nobody has opened");
  }
  StreamState* stream = find(frame_.id);
  if (stream == nullptr) return events_.on_idle_frame(IdleFrame::kLateHeaders);
  if (stream->remote_closed)
    return terminate(ErrorCode::kStreamClosed, "HEADERS after the end of its stream");
  block_.is_head = !stream->has_block;
  if (stream->has_block) begin_later_block(*stream);
  stream->has_block = true;
}

void FrameSession::begin_request() {
  const StreamId id = frame_.id;
  if (id == kConnectionStream || is_own(id)) {
    return terminate(ErrorCode::kProtocolError, "HEADERS of a stream that no client may open");
  }
  if (!is_idle(id)) {
    StreamState* stream = find(id);
    // Of a stream that has closed here the client may not know it yet.
    if (stream == nullptr) return events_.on_idle_frame(IdleFrame::kLateHeaders);
    if (stream->remote_closed) {
      return terminate(ErrorCode::kStreamClosed, "HEADERS after the end of its stream");
    }
    begin_later_block(*stream);
    if (stream->user != nullptr && !stream->reset_due) events_.on_trailers_begin(*stream->user);
    return;
  }
  last_peer_id_ = id;
  const bool is_over_limit = counted_streams_ >= limits_.max_concurrent_streams;
  if (is_over_limit && settings_applied_) {
    return terminate(ErrorCode::kProtocolError, "more streams than SETTINGS_MAX_CONCURRENT_STREAMS");
  }
  if (goaway_sent_) return;  // the client knows that nobody takes it
  if (is_over_limit && streams_.size() - counted_streams_ >= limits_.queued_frames) {
    return terminate(ErrorCode::kEnhanceYourCalm, "too many streams over SETTINGS_MAX_CONCURRENT_STREAMS");
  }
  StreamState* stream = open_stream(id);
  if (stream == nullptr) {
    fault_ = Fault::kMemory;
    return;
  }
  if (is_over_limit) return reset(*stream, ErrorCode::kRefusedStream);
  stream->counts = true;
  ++counted_streams_;
  last_taken_id_ = id;
  block_.is_head = true;
  stream->user = events_.on_stream_begin(id);
  block_.is_refused = stream->user == nullptr;
  if (stream->user != nullptr) stream->user->checks_.begin_message();
}

StreamState* FrameSession::open_stream(StreamId id) {
  StreamState* stream = streams_.add(id);
  if (stream == nullptr) return nullptr;
  stream->has_opened = stream->has_block = true;
  stream->send_window = SendWindow(peer_stream_window_);
  stream->receive_window = ReceiveWindow(stream_window_);
  recent_ = stream;
  return stream;
}

void FrameSession::begin_later_block(StreamState& stream) {
  if (stream.user != nullptr && !stream.reset_due) stream.user->checks_.begin_later_block();
}

void FrameSession::decode(Bytes fragment, bool is_last) {
  HeaderField field;
  for (;;) {
    switch (decoder_.next(fragment, is_last, field)) {
      case HeaderDecoder::Step::kField:
        if (!on_field(field)) return;
        continue;
      case HeaderDecoder::Step::kMoreBytes:
        return;
      case HeaderDecoder::Step::kEnd:
        block_.is_finished = true;
        return;
      case HeaderDecoder::Step::kBroken:
        return terminate(ErrorCode::kCompressionError, "a header block that is no HPACK");
    }
  }
}

void FrameSession::decode_whole(Bytes block) {
  if (const KnownBlock* known = decoder_.find(block)) {
    block_.is_finished = true;
    return replay(*known);
  }
  if (!decoder_.is_worth_learning(block)) return decode(block, true);
  HeaderBlock fields;
  learning_ = &fields;
  decode(block, true);
  learning_ = nullptr;
  const StreamState* stream = find_heard(block_.id);
  if (stream == nullptr || !block_.is_finished || fields.size() > kMostLearnedFields) return;
  std::array<HeaderField, kMostLearnedFields> views;
  for (std::size_t i = 0; i < fields.size(); ++i) views[i] = fields[i];
  decoder_.learn(block, std::span(views).first(fields.size()),
                 block_.is_head ? &stream->user->checks_ : nullptr);
}

// The fields of a block that has been decoded before; at the head of a message they have been checked, too.
void FrameSession::replay(const KnownBlock& known) {
  StreamState* stream = find_heard(block_.id);
  if (stream == nullptr || !block_.is_head || !known.is_head()) {
    for (const HeaderField& field : known.fields()) {
      if (!on_field(field)) return;
    }
    return;
  }
  stream->user->checks_ = known.checks();
  for (const HeaderField& field : known.fields()) {
    if (stream->user == nullptr || stream->reset_due || ended_) return;
    if (!deliver_field(*stream, field)) return;
  }
}

bool FrameSession::on_field(HeaderField field) {
  StreamState* stream = find_heard(block_.id);
  if (stream == nullptr) return on_unheard_field();
  MessageChecks& checks = stream->user->checks_;
  switch (role_ == Role::kServer ? checks.on_request_field(field.name, field.value)
                                 : checks.on_response_field(field.name, field.value)) {
    case MessageChecks::Verdict::kTake:
      if (learning_ != nullptr) learning_->add(field.name, field.value);
      return deliver_field(*stream, field);
    case MessageChecks::Verdict::kDrop:
      return on_unheard_field();
    case MessageChecks::Verdict::kMalformed:
      reject(*stream);
      return true;
  }
  return true;
}

bool FrameSession::deliver_field(StreamState& stream, HeaderField field) {
  switch (events_.on_header(*stream.user, field)) {
    case HeaderVerdict::kContinue:
      break;
    case HeaderVerdict::kResetStream:
      reset(stream, ErrorCode::kInternalError);
      break;
    case HeaderVerdict::kEndConnection:
      fault_ = Fault::kBomb;
      return false;
  }
  return !ended_;
}

// Nobody counts the fields of a block that nobody hears.
bool FrameSession::on_unheard_field() {
  if (++block_.unheard_fields <= limits_.header_fields_fatal) return true;
  fault_ = Fault::kBomb;
  return false;
}

// The rules of RFC 9113 8.1 for the block that has just ended, then its events.
void FrameSession::end_block() {
  if (!block_.is_finished) decode({}, true);
  block_.is_open = false;
  if (ended_ || fault_ != Fault::kNone) return;
  StreamState* stream = find(block_.id);
  if (stream == nullptr) return;
  const bool ends_stream = block_.ends_stream;
  if (block_.is_refused) {
    stream->remote_closed = ends_stream;
    reset(*stream, ErrorCode::kRefusedStream);
    return events_.on_refused_end(stream->id);
  }
  if (stream->reset_due) return;
  if (stream->user == nullptr) {
    if (ends_stream) end_of_stream(*stream);
    return;
  }
  MessageChecks& checks = stream->user->checks_;
  const bool is_block = role_ == Role::kServer ? checks.ends_request_block(ends_stream)
                                               : checks.ends_response_block(ends_stream);
  if (!is_block || (ends_stream && !checks.is_complete())) {
    return ends_stream ? reject_last(*stream) : reject(*stream);
  }
  events_.on_headers_end(*stream->user, ends_stream);
  if (ends_stream) end_of_stream(*stream);
}

void FrameSession::end_data() {
  if (!frame_.has(kFlagEndStream)) return;
  StreamState* stream = find(frame_.id);
  if (stream == nullptr || stream->reset_due) return;
  if (stream->user == nullptr || stream->user->checks_.is_complete()) return end_of_stream(*stream);
  reject_last(*stream);
}

void FrameSession::end_of_stream(StreamState& stream) {
  stream.remote_closed = true;
  if (stream.user != nullptr) events_.on_end_of_stream(*stream.user);
  if (stream.local_closed) close(stream, ErrorCode::kNoError);  // a reset would have nothing to reset
}

// --- frames that are looked at as a whole
// -----------------------------------------------------------------------------------

void FrameSession::on_payload(Bytes payload) {
  switch (frame_.type) {
    case FrameType::kReset:
      return on_reset(static_cast<ErrorCode>(read_u32(payload.data())));
    case FrameType::kSettings:
      return frame_.has(kFlagAck) ? on_settings_acknowledged() : on_settings(payload);
    case FrameType::kPing:
      return on_ping(payload);
    case FrameType::kGoaway:
      return on_goaway(payload);
    case FrameType::kWindowUpdate:
      return on_window_update(read_u32(payload.data()) & 0x7FFF'FFFFU);
    default:
      return;  // PRIORITY says nothing any more (S-20)
  }
}

void FrameSession::on_reset(ErrorCode code) {
  const StreamId id = frame_.id;
  if (is_idle(id))
    return terminate(ErrorCode::kProtocolError, "RST_STREAM of a stream that nobody has opened");
  events_.on_reset_received(id, code);
  StreamState* stream = find(id);
  if (ended_ || stream == nullptr) return;
  // Ours, for a fault, needn't leave any more; it counts all the same (S-8).
  if (stream->reset_due && stream->counts) events_.on_reset_sent(id, stream->reset_code);
  close(*stream, code);
}

void FrameSession::on_settings(Bytes payload) {
  // Nothing was said of it so far; now it is unlimited unless they say something.
  if (!peer_settings_seen_) peer_max_streams_ = 0xFFFF'FFFF;
  peer_settings_seen_ = true;
  std::int64_t window = peer_stream_window_;
  for (; payload.size() >= kSettingBytes; payload = payload.subspan(kSettingBytes)) {
    const auto id = static_cast<SettingId>(read_u16(payload.data()));
    const std::uint32_t value = read_u32(payload.data() + sizeof(std::uint16_t));
    if (!apply_setting(id, value)) return;
    if (id == SettingId::kInitialWindowSize) window = value;
  }
  // Once: it is a walk through all streams.
  if (window != peer_stream_window_ && !set_peer_window(window)) {
    return terminate(ErrorCode::kFlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE makes a window over 2^31-1");
  }
  write_control(FrameType::kSettings, kFlagAck, kConnectionStream, {}, urgent_);
  count_acknowledgement();
  events_.on_settings();
}

bool FrameSession::apply_setting(SettingId id, std::uint32_t value) {
  const auto refuse = [this](ErrorCode code, std::string_view why) {
    terminate(code, why);
    return false;
  };
  switch (id) {
    case SettingId::kHeaderTableSize:
      if (encoder_.set_table_size(value)) return true;
      fault_ = Fault::kMemory;
      return false;
    case SettingId::kEnablePush:
      if (value == 0 || (value == 1 && role_ == Role::kServer)) return true;
      return refuse(ErrorCode::kProtocolError, "SETTINGS_ENABLE_PUSH");
    case SettingId::kMaxConcurrentStreams:
      peer_max_streams_ = value;
      return true;
    case SettingId::kInitialWindowSize:
      return value <= kLargestWindow ||
             refuse(ErrorCode::kFlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE over 2^31-1");
    case SettingId::kMaxFrameSize:
      if (value >= kLargestPayload && value < 1U << 24) return true;  // ours stay as small as they are
      return refuse(ErrorCode::kProtocolError, "SETTINGS_MAX_FRAME_SIZE");
    case SettingId::kMaxHeaderListSize:
      peer_max_list_bytes_ = value;
      return true;
    case SettingId::kNoRfc7540Priorities:
      return value <= 1 || refuse(ErrorCode::kProtocolError, "SETTINGS_NO_RFC7540_PRIORITIES");
  }
  return true;  // RFC 9113 6.5.2: unknown ones are ignored
}

// RFC 9113 6.9.2: streams that are open change with it.
bool FrameSession::set_peer_window(std::int64_t bytes) {
  const std::int64_t difference = bytes - peer_stream_window_;
  peer_stream_window_ = bytes;
  bool fits = true;
  streams_.for_each([&](StreamState& stream) {
    if (!stream.reset_due) fits = open_window(stream, difference) && fits;
  });
  return fits;
}

bool FrameSession::open_window(StreamState& stream, std::int64_t difference) {
  if (!stream.send_window.give(difference)) return false;
  if (stream.body == StreamState::Body::kWaitsForWindow && stream.send_window.bytes() > 0) {
    stream.body = StreamState::Body::kReady;
    make_ready(stream);
  }
  return true;
}

void FrameSession::on_settings_acknowledged() {
  if (settings_applied_) return terminate(ErrorCode::kProtocolError, "a SETTINGS acknowledgement too many");
  settings_applied_ = true;
  const std::int64_t window = std::min<std::int64_t>(limits_.stream_window_bytes, kLargestWindow);
  const std::int64_t difference = window - stream_window_;
  stream_window_ = window;
  streams_.for_each([&](StreamState& stream) { stream.receive_window.resize(difference); });
  events_.on_settings_acknowledged();
}

void FrameSession::on_ping(Bytes payload) {
  if (!frame_.has(kFlagAck)) {
    write_control(FrameType::kPing, kFlagAck, kConnectionStream, payload, urgent_);  // P-11
    return count_acknowledgement();
  }
  std::uint64_t opaque = 0;
  std::memcpy(&opaque, payload.data(), sizeof(opaque));
  events_.on_ping_acknowledged(opaque);
}

void FrameSession::count_acknowledgement() {
  if (++acknowledgements_ > limits_.pending_acks) fault_ = Fault::kFlood;
}

void FrameSession::on_goaway(Bytes payload) {
  const StreamId last = read_stream_id(payload.data());
  if ((last > 0 && !is_own(last)) || last > peer_last_id_) {
    return terminate(ErrorCode::kProtocolError, "GOAWAY names a stream that it can't");
  }
  // A graceful end has two; a flood of them is work for nothing.
  if (goaway_received_) events_.on_idle_frame(IdleFrame::kGoaway);
  const bool is_news = !goaway_received_ || last < peer_last_id_;
  peer_last_id_ = last;
  goaway_received_ = true;
  const Bytes debug = payload.subspan(2 * sizeof(std::uint32_t));
  events_.on_goaway(last, static_cast<ErrorCode>(read_u32(payload.data() + sizeof(std::uint32_t))),
                    {reinterpret_cast<const char*>(debug.data()), debug.size()});
  if (!is_news) return;
  // The peer hasn't looked at these and never will (RFC 9113 6.8). Requests that haven't left are closed
  // where they would leave. By id, for their owner may open others meanwhile.
  std::vector<StreamId> left_out;
  streams_.for_each([&](const StreamState& stream) {
    const bool has_left = stream.queue != StreamState::Queue::kRequests;
    if (has_left && is_own(stream.id) && stream.id > last) left_out.push_back(stream.id);
  });
  for (const StreamId id : left_out) {
    if (StreamState* stream = find(id)) close(*stream, ErrorCode::kRefusedStream);
  }
}

void FrameSession::on_window_update(std::uint32_t increment) {
  const StreamId id = frame_.id;
  if (id != kConnectionStream && is_idle(id)) {
    return terminate(ErrorCode::kProtocolError, "WINDOW_UPDATE of a stream that nobody has opened");
  }
  StreamState* stream = id == kConnectionStream ? nullptr : find(id);
  if (id != kConnectionStream && (stream == nullptr || !stream->counts))
    return;  // it has closed, or never was
  if (increment == 0) return terminate(ErrorCode::kProtocolError, "WINDOW_UPDATE of nothing");
  if (stream != nullptr) {
    if (!open_window(*stream, increment)) reset(*stream, ErrorCode::kFlowControlError);
    return;
  }
  if (!send_window_.give(increment)) {
    return terminate(ErrorCode::kFlowControlError, "the connection's window is over 2^31-1");
  }
  while (send_window_.bytes() > 0 && !waiting_for_connection_.empty()) {
    make_ready(waiting_for_connection_.front());
  }
}

}  // namespace hawser::http2
