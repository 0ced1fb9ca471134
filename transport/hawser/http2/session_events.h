// What a session reports. Method names: submit_* goes out (Session), on_* comes in (here).
//
// Sequences, server side (S = stream):
//
//   unary call      on_stream_begin(id) -> S, on_header(S)*, on_headers_end(S, false),
//                   { on_data(S)+ on_end_of_stream(S) },            request is complete
//                   on_body_wanted(S)*, on_last_frame_sent(S),      while draining the reply
//                   on_stream_closed(S, NO_ERROR)
//   known head      on_stream_begin(id) -> S, on_known_head(S), on_headers_end: if that was true, else with
//                   the on_header(S)* between
//   no body         on_stream_begin, on_header*, on_headers_end(S, true), on_end_of_stream(S), …
//   reset by peer   … on_stream_closed(S, code): at any point after on_stream_begin; always the last event
//   trailers        … on_data(S)*, on_trailers_begin(S), on_header(S)*, on_headers_end(S, true),
//                   on_end_of_stream(S)
//   refused         on_stream_begin returns nullptr, on_refused_end(id) when the rest of its block has
//                   come: then REFUSED_STREAM is sent, no further event
//
// Client side (the stream was given to submit_request):
//
//   unary call      on_body_wanted(S)*, on_last_frame_sent(S), on_header(S)*, on_headers_end(S, false),
//                   on_data(S)*, on_header(S)*, on_headers_end(S, true), on_end_of_stream(S),
//                   on_stream_closed(S, NO_ERROR)
//   1xx             on_header*, on_headers_end(S, false) more than once before the final block
//   not sent        on_stream_closed without on_last_frame_sent
//
// Inside any of these only submit_* and consume() of the session may be called; receive() and drain() may
// not (nghttp2 programmer's guide: no re-entry).
#pragma once

#include <cstdint>

#include "hawser/base/byte_queue.h"
#include "hawser/http2/types.h"

namespace hawser::http2 {

/// What becomes of a block after one of its fields.
enum class HeaderVerdict {
  kContinue,
  kResetStream,    ///< RST_STREAM INTERNAL_ERROR; no on_headers_end follows.
  kEndConnection,  ///< Session::receive stops at once and returns ENHANCE_YOUR_CALM.
};

/// What on_body_wanted wrote.
struct BodyChunk {
  enum class Then {
    kMore,      ///< Call again when there is room.
    kEnd,       ///< The last byte: END_STREAM on this frame.
    kTrailers,  ///< The last byte of the body; submit_trailers was called and ends the stream.
    kWait,      ///< Nothing now (size 0): resume_body() goes on.
    kReset,     ///< The stream is beyond repair: RST_STREAM INTERNAL_ERROR.
  };
  std::size_t size = 0;
  Then then = Then::kEnd;
};

/// Frames that are counted, not handled (CONFORMANCE S-4, S-9).
enum class IdleFrame {
  kPing,
  kSettings,
  kPriority,
  kWindowUpdate,
  kEmptyData,
  kGoaway,       ///< After the first. FrameSession alone tells this one and the next,
  kLateHeaders,  ///< of a stream that has closed, and kEmptyData of such streams.
  kUnknown,
};

class SessionEvents {
 public:
  virtual ~SessionEvents() = default;

  /// Server: a peer opened a stream. The object stays the caller's; nullptr refuses the stream.
  virtual Stream* on_stream_begin(StreamId id) = 0;
  /// Server: the block of a refused stream is complete, or the stream closed before.
  virtual void on_refused_end(StreamId id) = 0;
  /// Server: the block that ends a request begins to arrive.
  virtual void on_trailers_begin(Stream& stream) = 0;
  /// Server: the block of a request's head has come before, to some stream of this process; a number stands
  /// for one block with its fields. True: the receiver has those fields, and on_header isn't called for them.
  virtual bool on_known_head(Stream&, std::uint64_t) { return false; }
  /// Pseudo fields come first (RFC 9113 8.3). Client: header and trailer fields.
  virtual HeaderVerdict on_header(Stream& stream, HeaderField field) = 0;
  virtual void on_headers_end(Stream& stream, bool end_of_stream) = 0;
  /// Body bytes without padding. Flow-control credit is the receiver's to give: Session::consume.
  virtual void on_data(Stream& stream, Bytes bytes) = 0;
  virtual void on_end_of_stream(Stream& stream) = 0;
  /// Fill `into`; see BodyChunk.
  virtual BodyChunk on_body_wanted(Stream& stream, MutableBytes into) = 0;
  /// The frame with END_STREAM left the session.
  virtual void on_last_frame_sent(Stream& stream) = 0;
  /// The session forgets the stream. `code` is what the RST_STREAM said, NO_ERROR for a normal end.
  virtual void on_stream_closed(Stream& stream, ErrorCode code) = 0;

  /// We sent RST_STREAM with an error code (S-8), or the peer did.
  virtual void on_reset_sent(StreamId id, ErrorCode code) = 0;
  virtual void on_reset_received(StreamId id, ErrorCode code) = 0;
  virtual void on_idle_frame(IdleFrame frame) = 0;
  /// The peer's SETTINGS (not an acknowledgement) took effect.
  virtual void on_settings() = 0;
  virtual void on_settings_acknowledged() = 0;
  virtual void on_ping_acknowledged(std::uint64_t payload) = 0;
  virtual void on_goaway(StreamId last_stream_id, ErrorCode code, std::string_view debug_data) = 0;
};

}  // namespace hawser::http2
