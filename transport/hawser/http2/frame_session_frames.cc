// What the peer's frames say to a FrameSession, but for DATA and header blocks.
#include <vector>

#include "hawser/http2/frame_session.h"

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
  // RFC 9113 5.1 would end the connection. But grpc-core's clients number a stream, and when its call is
  // cancelled before its HEADERS are written, RST_STREAM is all that comes; their servers let it pass.
  if (is_idle(id) && (is_own(id) || role_ == Role::kClient))
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
