// Header blocks and the ends of streams: what the peer's HEADERS and CONTINUATION say to a FrameSession.
#include <array>
#include <utility>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/header_block.h"

namespace hawser::http2 {

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
  const bool has_all = std::exchange(learning_, nullptr) != nullptr;
  const StreamState* stream = find_heard(block_.id);
  if (!has_all || stream == nullptr || !block_.is_finished || fields.size() > KnownBlocks::kMostFields)
    return;
  std::array<HeaderField, KnownBlocks::kMostFields> views;
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
  if (role_ == Role::kServer && events_.on_known_head(*stream->user, known.number())) return;
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
      learning_ = nullptr;  // it is no matter of the block alone
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

}  // namespace hawser::http2
