#include "hawser/http2/library_session_callbacks.h"

#include <cstring>
#include <optional>
#include <utility>

#include "hawser/http2/frame.h"

namespace hawser::http2 {
namespace {

LibrarySession& session_of(void* user_data) { return *static_cast<LibrarySession*>(user_data); }

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

bool ends_stream(const nghttp2_frame_hd& header) { return (header.flags & NGHTTP2_FLAG_END_STREAM) != 0; }
bool is_ack(const nghttp2_frame_hd& header) { return (header.flags & NGHTTP2_FLAG_ACK) != 0; }

std::uint64_t payload_of(const nghttp2_ping& ping) {
  std::uint64_t payload = 0;
  static_assert(sizeof(payload) == sizeof(ping.opaque_data));
  std::memcpy(&payload, ping.opaque_data, sizeof(payload));
  return payload;
}

void on_connection_frame(SessionEvents& events, const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_SETTINGS:
      return is_ack(frame.hd) ? events.on_settings_acknowledged() : events.on_settings();
    case NGHTTP2_PING:
      if (is_ack(frame.hd)) events.on_ping_acknowledged(payload_of(frame.ping));
      return;
    case NGHTTP2_GOAWAY:
      return events.on_goaway(frame.goaway.last_stream_id, static_cast<ErrorCode>(frame.goaway.error_code),
                              text(frame.goaway.opaque_data, frame.goaway.opaque_data_len));
    case NGHTTP2_RST_STREAM:
      return events.on_reset_received(frame.hd.stream_id,
                                      static_cast<ErrorCode>(frame.rst_stream.error_code));
    default:
      return;
  }
}

// Frames that are idle whatever they say; nullopt for all others.
std::optional<IdleFrame> idle_frame(const nghttp2_frame_hd& header) {
  switch (header.type) {
    case NGHTTP2_PING:
      return is_ack(header) ? std::nullopt : std::optional(IdleFrame::kPing);
    case NGHTTP2_SETTINGS:
      return is_ack(header) ? std::nullopt : std::optional(IdleFrame::kSettings);
    case NGHTTP2_PRIORITY:
      return IdleFrame::kPriority;
    case NGHTTP2_WINDOW_UPDATE:
      return IdleFrame::kWindowUpdate;
    default:
      return header.type > NGHTTP2_CONTINUATION ? std::optional(IdleFrame::kUnknown) : std::nullopt;
  }
}

// Frames of unknown types: counted by on_begin_frame, which the library calls only for types that it was
// asked for (session_config.cc); their payload is dropped here.
int drop_extension(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) { return NGHTTP2_ERR_CANCEL; }

}  // namespace

void LibrarySession::Callbacks::install(nghttp2_session_callbacks* table) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(table, &on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(table, &on_header);
  nghttp2_session_callbacks_set_on_begin_frame_callback(table, &on_begin_frame);
  nghttp2_session_callbacks_set_unpack_extension_callback(table, &drop_extension);
  nghttp2_session_callbacks_set_on_frame_recv_callback(table, &on_frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, &on_data_chunk);
  nghttp2_session_callbacks_set_on_frame_send_callback(table, &on_frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(table, &on_stream_close);
  nghttp2_session_callbacks_set_send_data_callback(table, &send_data);
}

int LibrarySession::Callbacks::on_begin_headers(nghttp2_session* library, const nghttp2_frame* frame,
                                                void* user_data) {
  LibrarySession& session = session_of(user_data);
  session.unheard_fields_ = 0;
  // A client opened its streams itself; a server's later blocks are trailers of a stream it has.
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return on_later_block(*frame, session);
  const StreamId id = frame->hd.stream_id;
  Stream* stream = session.events_.on_stream_begin(id);
  if (stream == nullptr) {
    session.refused_id_ = id;
  } else {
    stream->checks_.begin_message();
    nghttp2_session_set_stream_user_data(library, id, stream);
  }
  session.recent_id_ = id;
  session.recent_stream_ = stream;
  return 0;
}

int LibrarySession::Callbacks::on_later_block(const nghttp2_frame& frame, LibrarySession& session) {
  Stream* stream = session.find_stream(frame.hd.stream_id);
  if (stream == nullptr || stream->checks_.is_malformed()) return 0;
  if (frame.headers.cat == NGHTTP2_HCAT_HEADERS) stream->checks_.begin_later_block();
  if (session.role_ == Role::kServer) session.events_.on_trailers_begin(*stream);
  return 0;
}

// The reset waits for the end of the block: once it has left, the library says nothing of the stream, and
// nobody would know that the block has ended.
void LibrarySession::Callbacks::end_refused(LibrarySession& session) {
  session.submit_reset(session.refused_id_, ErrorCode::kRefusedStream);
  session.events_.on_refused_end(std::exchange(session.refused_id_, kConnectionStream));
}

int LibrarySession::Callbacks::on_header(nghttp2_session*, const nghttp2_frame* frame,
                                         const std::uint8_t* name, std::size_t name_size,
                                         const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                                         void* user_data) {
  LibrarySession& session = session_of(user_data);
  Stream* stream = session.find_stream(frame->hd.stream_id);
  if (stream == nullptr || stream->checks_.is_malformed()) return on_unheard_field(session);
  const HeaderField field{text(name, name_size), text(value, value_size)};
  const MessageChecks::Verdict verdict = session.role_ == Role::kServer
                                             ? stream->checks_.on_request_field(field.name, field.value)
                                             : stream->checks_.on_response_field(field.name, field.value);
  if (verdict == MessageChecks::Verdict::kDrop) return on_unheard_field(session);
  if (verdict == MessageChecks::Verdict::kMalformed) {
    session.reject(frame->hd.stream_id, *stream);
    return 0;
  }
  switch (session.events_.on_header(*stream, field)) {
    case HeaderVerdict::kContinue:
      return 0;
    case HeaderVerdict::kResetStream:
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    case HeaderVerdict::kEndConnection:
      session.poisoned_ = true;
      return NGHTTP2_ERR_PAUSE;  // leaves nghttp2_session_mem_recv here: no more of a bomb is decoded
  }
  return 0;
}

// Nobody counts the fields of a block that nobody hears.
int LibrarySession::Callbacks::on_unheard_field(LibrarySession& session) {
  if (++session.unheard_fields_ <= session.header_fields_fatal_) return 0;
  session.poisoned_ = true;
  return NGHTTP2_ERR_PAUSE;
}

// Whether the frame that has just come whole leaves the message in order (RFC 9113 8.1).
bool LibrarySession::Callbacks::is_well_formed(LibrarySession& session, const nghttp2_frame_hd& header,
                                               Stream& stream) {
  MessageChecks& checks = stream.checks_;
  if (header.type == NGHTTP2_HEADERS) {
    const bool is_block = session.role_ == Role::kServer ? checks.ends_request_block(ends_stream(header))
                                                         : checks.ends_response_block(ends_stream(header));
    if (!is_block) return false;
  }
  return !ends_stream(header) || checks.is_complete();
}

int LibrarySession::Callbacks::on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header,
                                              void* user_data) {
  // Here and not when a frame is complete: the library reports no PRIORITY then (we switched priorities off)
  // and no WINDOW_UPDATE of a closed stream, and floods are made of them.
  if (const auto idle = idle_frame(*header)) session_of(user_data).events_.on_idle_frame(*idle);
  return 0;
}

int LibrarySession::Callbacks::on_frame_received(nghttp2_session*, const nghttp2_frame* frame,
                                                 void* user_data) {
  LibrarySession& session = session_of(user_data);
  SessionEvents& events = session.events_;
  const nghttp2_frame_hd& header = frame->hd;
  if (header.type != NGHTTP2_HEADERS && header.type != NGHTTP2_DATA) {
    on_connection_frame(events, *frame);
    return 0;
  }
  // padlen counts the Pad Length byte too: a frame of padding alone is as empty as one of nothing.
  if (header.type == NGHTTP2_DATA && header.length == frame->data.padlen && !ends_stream(header)) {
    events.on_idle_frame(IdleFrame::kEmptyData);
  }
  Stream* stream = session.find_stream(header.stream_id);
  if (stream == nullptr) {
    if (header.stream_id == session.refused_id_) end_refused(session);
    return 0;
  }
  if (stream->checks_.is_malformed() || !is_well_formed(session, header, *stream)) {
    if (!stream->checks_.is_malformed()) session.reject(header.stream_id, *stream);
    if (ends_stream(header)) session.settle_ended_stream(header.stream_id);
    return 0;
  }
  if (header.type == NGHTTP2_HEADERS) events.on_headers_end(*stream, ends_stream(header));
  if (ends_stream(header)) {
    session.settle_ended_stream(header.stream_id);
    // The event before may have made the protocol forget the stream.
    stream = session.find_stream(header.stream_id);
    if (stream != nullptr) events.on_end_of_stream(*stream);
  }
  return 0;
}

int LibrarySession::Callbacks::on_data_chunk(nghttp2_session*, std::uint8_t, std::int32_t id,
                                             const std::uint8_t* data, std::size_t size, void* user_data) {
  LibrarySession& session = session_of(user_data);
  Stream* stream = session.find_stream(id);
  if (stream != nullptr && !stream->checks_.is_malformed()) {
    if (stream->checks_.on_body(size)) {
      session.events_.on_data(*stream, {data, size});
      return 0;
    }
    session.reject(id, *stream);
  }
  session.consume_connection(size);  // bytes that nobody hears count against the connection all the same
  return 0;
}

int LibrarySession::Callbacks::on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  const nghttp2_frame_hd& header = frame->hd;
  LibrarySession& session = session_of(user_data);
  SessionEvents& events = session.events_;
  if (header.type == NGHTTP2_HEADERS || header.type == NGHTTP2_DATA) {
    if (!ends_stream(header)) return 0;
    Stream* stream = session.find_stream(header.stream_id);
    if (stream != nullptr) events.on_last_frame_sent(*stream);
  } else if (header.type == NGHTTP2_RST_STREAM) {
    events.on_reset_sent(header.stream_id, static_cast<ErrorCode>(frame->rst_stream.error_code));
  }
  return 0;
}

int LibrarySession::Callbacks::on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code,
                                               void* user_data) {
  LibrarySession& session = session_of(user_data);
  Stream* stream = session.find_stream(id);
  session.recent_stream_ = nullptr;
  session.settle_ended_stream(id);
  if (stream != nullptr) {
    session.events_.on_stream_closed(*stream, static_cast<ErrorCode>(code));
  } else if (id == session.refused_id_) {  // the library reset it, for a malformed block
    session.events_.on_refused_end(std::exchange(session.refused_id_, kConnectionStream));
  }
  return 0;  // never an error: libnghttp2 1.52 leaks the stream then (CVE-2023-35945)
}

ssize_t LibrarySession::Callbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                             std::size_t size, std::uint32_t* flags,
                                             nghttp2_data_source* source, void* user_data) {
  Stream& stream = *static_cast<Stream*>(source->ptr);
  LibrarySession& session = session_of(user_data);
  const MutableBytes in_place = room_for_frame(session, size);
  const BodyChunk chunk =
      session.events_.on_body_wanted(stream, in_place.empty() ? MutableBytes{buffer, size} : in_place);
  if (!in_place.empty()) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  switch (chunk.then) {
    case BodyChunk::Then::kMore:
      break;
    case BodyChunk::Then::kTrailers:
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      [[fallthrough]];
    case BodyChunk::Then::kEnd:
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      break;
    case BodyChunk::Then::kWait:
      return NGHTTP2_ERR_DEFERRED;
    case BodyChunk::Then::kReset:
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return static_cast<ssize_t>(chunk.size);
}

MutableBytes LibrarySession::Callbacks::room_for_frame(LibrarySession& session, std::size_t size) {
  ByteQueue& output = *session.output_;
  if (output.room() < kFrameHeaderBytes + size || output.size() >= session.high_water_) return {};
  return output.reserve(kFrameHeaderBytes + size).subspan(kFrameHeaderBytes, size);
}

// Right after read_body, with nothing written between: the room is where it was.
int LibrarySession::Callbacks::send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                                         std::size_t size, nghttp2_data_source*, void* user_data) {
  ByteQueue& output = *session_of(user_data).output_;
  std::memcpy(output.reserve(kFrameHeaderBytes + size).data(), header, kFrameHeaderBytes);
  output.commit(kFrameHeaderBytes + size);
  return 0;
}

nghttp2_data_provider LibrarySession::Callbacks::body_of(Stream* stream) {
  nghttp2_data_provider provider;
  provider.source.ptr = stream;
  provider.read_callback = &read_body;
  return provider;
}

}  // namespace hawser::http2
