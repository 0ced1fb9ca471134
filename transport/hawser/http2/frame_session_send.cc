// The half of FrameSession that makes frames.
#include <algorithm>
#include <vector>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/session_detail.h"

namespace hawser::http2 {
namespace {

void append_frame_header(ByteQueue& output, const FrameHeader& header) {
  write_frame_header(output.reserve(kFrameHeaderBytes).data(), header);
  output.commit(kFrameHeaderBytes);
}

void append_u32_frame(ByteQueue& output, FrameType type, StreamId id, std::uint32_t value) {
  std::uint8_t* into = output.reserve(kFrameHeaderBytes + sizeof(value)).data();
  write_frame_header(into, {sizeof(value), type, 0, id});
  write_u32(into + kFrameHeaderBytes, value);
  output.commit(kFrameHeaderBytes + sizeof(value));
}

FrameHeader headers_of(StreamId id, std::size_t size, bool ends_stream, bool ends_headers) {
  const unsigned flags = (ends_stream ? kFlagEndStream : 0U) | (ends_headers ? kFlagEndHeaders : 0U);
  return {static_cast<std::uint32_t>(size), FrameType::kHeaders, static_cast<std::uint8_t>(flags), id};
}

// One HEADERS and its CONTINUATIONs.
void append_large_block(ByteQueue& output, StreamId id, Bytes block, bool ends_stream) {
  Bytes part = block.first(kLargestPayload);
  FrameHeader header = headers_of(id, part.size(), ends_stream, false);
  for (;;) {
    append_frame_header(output, header);
    output.append(part);
    block = block.subspan(part.size());
    if (block.empty()) return;
    part = block.first(std::min(block.size(), kLargestPayload));
    header = headers_of(id, part.size(), false, part.size() == block.size());
    header.type = FrameType::kContinuation;
  }
}

}  // namespace

Result<void> FrameSession::drain(ByteQueue& output, std::size_t high_water) {
  while (output.size() < high_water) {
    if (!urgent_.empty() || !control_.empty() || connection_credit_ > 0) drain_control(output);
    if (ended_) break;
    if (may_open_request()) open_requests();
    if (ready_.empty()) break;
    make_room_for_frames(output, high_water);
    StreamState& stream = ready_.front();
    take_out(stream);
    send(stream, output);
    if (fault_ == Fault::kMemory) return fault_error();
  }
  return {};
}

void FrameSession::drain_control(ByteQueue& output) {
  output.append(urgent_.readable());
  urgent_.clear();
  acknowledgements_ = 0;
  output.append(control_.readable());
  control_.clear();
  control_frames_ = 0;
  goaway_sent_ = goaway_sent_ || goaway_due_;
  if (connection_credit_ == 0 || ended_) return;
  append_u32_frame(output, FrameType::kWindowUpdate, kConnectionStream, connection_credit_);
  connection_credit_ = 0;
}

// After the peer's GOAWAY it takes no more: those that didn't leave were not processed (P-104).
void FrameSession::open_requests() {
  while (may_open_request()) {
    StreamState& stream = requests_.front();
    take_out(stream);
    if (goaway_received_) {
      close(stream, ErrorCode::kRefusedStream);
      continue;
    }
    stream.counts = true;
    ++counted_streams_;
    make_ready(stream);
  }
}

void FrameSession::send(StreamState& stream, ByteQueue& output) {
  using Body = StreamState::Body;
  if (stream.reset_due) return send_reset(stream, output);
  if (stream.credit > 0 && !stream.remote_closed) {
    append_u32_frame(output, FrameType::kWindowUpdate, stream.id, stream.credit);
  }
  stream.credit = 0;
  if (stream.head.is_set() && !send_head(stream, output)) return;
  if (stream.body == Body::kReady && !send_body(stream, output)) return;
  if (stream.reset_due || ended_) return;
  if (stream.body == Body::kReady) return make_ready(stream);
  if (stream.body == Body::kNone && stream.trailers.is_set()) send_trailers(stream, output);
}

bool FrameSession::send_head(StreamState& stream, ByteQueue& output) {
  stream.has_opened = true;
  if (role_ == Role::kClient) last_opened_id_ = stream.id;
  const bool ends_stream = !stream.head_has_body;
  if (!send_block(stream.id, stream.head.view(), ends_stream, output)) return false;
  stream.head.release(memory_);
  return ends_stream ? end_local(stream) : true;
}

void FrameSession::send_trailers(StreamState& stream, ByteQueue& output) {
  if (!send_block(stream.id, stream.trailers.view(), true, output)) return;
  stream.trailers.release(memory_);
  end_local(stream);
}

bool FrameSession::send_block(StreamId id, std::span<const HeaderField> fields, bool ends_stream,
                              ByteQueue& output) {
  if (const Bytes known = encoder_.find(fields); !known.empty()) {
    std::uint8_t* into = output.reserve(kFrameHeaderBytes + known.size()).data();
    write_frame_header(into, headers_of(id, known.size(), ends_stream, true));
    std::memcpy(into + kFrameHeaderBytes, known.data(), known.size());
    output.commit(kFrameHeaderBytes + known.size());
    return true;
  }
  const std::size_t bound = HeaderEncoder::bound(fields);
  const MutableBytes into = output.reserve(kFrameHeaderBytes + bound).first(kFrameHeaderBytes + bound);
  const std::optional<std::size_t> size = encoder_.encode(fields, into.subspan(kFrameHeaderBytes));
  if (!size) {
    fault_ = Fault::kMemory;
    return false;
  }
  if (*size > kLargestPayload) {
    const auto block = into.subspan(kFrameHeaderBytes, *size);
    append_large_block(output, id, std::vector<std::uint8_t>(block.begin(), block.end()), ends_stream);
    return true;
  }
  write_frame_header(into.data(), headers_of(id, *size, ends_stream, true));
  output.commit(kFrameHeaderBytes + *size);
  return true;
}

// Where a frame's header and body can be made: in the output when it has room for the largest that may come,
// else in the loop's scratch, for small messages are no reason to have 16 KiB a connection.
MutableBytes FrameSession::room_for_body(ByteQueue& output, std::size_t size, MutableBytes scratch) {
  if (output.room() < kFrameHeaderBytes + size) return scratch.first(size);
  return output.reserve(kFrameHeaderBytes + size).subspan(kFrameHeaderBytes, size);
}

bool FrameSession::send_body(StreamState& stream, ByteQueue& output) {
  using Body = StreamState::Body;
  if (stream.user == nullptr) return false;  // forgotten: a reset will follow
  if (stream.send_window.bytes() <= 0) {
    stream.body = Body::kWaitsForWindow;
    return false;
  }
  if (send_window_.bytes() <= 0) {
    stream.queue = StreamState::Queue::kConnection;
    waiting_for_connection_.push_back(stream);
    return false;
  }
  const auto window = static_cast<std::size_t>(std::min(stream.send_window.bytes(), send_window_.bytes()));
  const std::size_t room = std::min(window, kLargestPayload);
  const MutableBytes into = room_for_body(output, room, pool_.scratch());
  asked_for_body_ = &stream;
  const BodyChunk chunk = events_.on_body_wanted(*stream.user, into);
  asked_for_body_ = nullptr;
  if (ended_ || stream.reset_due) return false;
  switch (chunk.then) {
    case BodyChunk::Then::kWait:
      stream.body = Body::kWaitsForBytes;
      return true;
    case BodyChunk::Then::kReset:
      reset(stream, ErrorCode::kInternalError);
      return false;
    case BodyChunk::Then::kMore:
      break;
    case BodyChunk::Then::kEnd:
    case BodyChunk::Then::kTrailers:
      stream.body = Body::kNone;
  }
  const bool ends_stream = chunk.then == BodyChunk::Then::kEnd;
  if (chunk.size == 0 && chunk.then == BodyChunk::Then::kTrailers) return true;
  std::uint8_t* frame = output.reserve(kFrameHeaderBytes + chunk.size).data();
  const auto size = static_cast<std::uint32_t>(chunk.size);
  write_frame_header(frame,
                     {size, FrameType::kData, ends_stream ? kFlagEndStream : std::uint8_t{0}, stream.id});
  if (frame + kFrameHeaderBytes != into.data()) {
    std::memcpy(frame + kFrameHeaderBytes, into.data(), chunk.size);
  }
  output.commit(kFrameHeaderBytes + chunk.size);
  stream.send_window.take(chunk.size);
  send_window_.take(chunk.size);
  return ends_stream ? end_local(stream) : true;
}

// The frame with END_STREAM was made. False: the stream is closed.
bool FrameSession::end_local(StreamState& stream) {
  stream.local_closed = true;
  if (stream.user != nullptr) events_.on_last_frame_sent(*stream.user);
  if (!stream.remote_closed) return true;
  close(stream, ErrorCode::kNoError);
  return false;
}

void FrameSession::send_reset(StreamState& stream, ByteQueue& output) {
  const StreamId id = stream.id;
  const ErrorCode code = stream.reset_code;
  // A request that has not left needs no frame.
  if (!is_own(id) || stream.has_opened) {
    append_u32_frame(output, FrameType::kReset, id, static_cast<std::uint32_t>(code));
    events_.on_reset_sent(id, code);
  }
  close(stream, code);
}

void FrameSession::write_control(FrameType type, std::uint8_t flags, StreamId id, Bytes payload,
                                 ByteQueue& queue) {
  if (ended_) return;
  append_frame_header(queue, {static_cast<std::uint32_t>(payload.size()), type, flags, id});
  queue.append(payload);
  ++control_frames_;
}

}  // namespace hawser::http2
