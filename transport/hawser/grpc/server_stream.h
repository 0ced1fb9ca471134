// One call on the wire, server side: request head and messages in; headers, messages and trailers out.
//
//            on_headers_end ok              on_end_of_stream, one message
//   kHead ----------------------> kBody ------------------------------------> kComplete
//     |                             |                                             |
//     | rejected                    | bad framing, over a limit, 0 or 2 messages  | reply()
//     +-----------------------------+---------------------------------------------+
//                                   v
//                               kReplied     what still arrives is dropped, its credit given back
//
// The reply ends the stream exactly once. A reply that leaves before the client's END_STREAM is followed by
// RST_STREAM NO_ERROR, after its last frame has gone (RFC 9113 8.1; CONFORMANCE P-74).
//
// Streamed requests (stream_requests()) stay in kBody up to the reply. Their messages are pulled: read()
// takes one. What arrives while nobody reads is held without stream credit, so the stream's window bounds it
// and the client is told to wait; credit of the connection is the owner's to give (held_bytes()).
//
// Streamed replies: begin_write() and end_write() from kBody or kComplete, any number of times; the first
// sends the headers. reply() then leaves behind what was written (P-78).
//
// Threads: the connection's. Objects are reused: open() starts a new call.
#pragma once

#include <cstdint>

#include "hawser/base/byte_queue.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/message_reader.h"
#include "hawser/grpc/message_writer.h"
#include "hawser/grpc/request_head.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/session.h"

namespace hawser::grpc {

class ServerStream final {
 public:
  /// Starts a call. `session` outlives it.
  void open(http2::Session& session, http2::StreamId id, const http2::Limits& limits,
            std::size_t max_receive_bytes);

  // From the session's events, in their order.
  bool on_known_head(std::uint64_t number) { return head_.begin_known(number); }
  http2::HeaderVerdict on_header(http2::HeaderField field);
  /// False: the call was rejected and the reply is queued.
  bool on_headers_end(bool end_of_stream);
  void on_data(Bytes bytes);
  /// True: the request is complete, request() is its message. False: replied already.
  bool on_end_of_stream();
  /// See http2::BodyChunk.
  http2::BodyChunk on_body_wanted(MutableBytes into);
  void on_last_frame_sent();

  http2::StreamId id() const { return id_; }
  const RequestHead& head() const { return head_; }
  /// The request message; valid from on_end_of_stream()'s true until open().
  Bytes request() const { return reader_.message(); }
  /// The message came compressed; request() is what it said.
  bool request_was_compressed() const { return reader_.is_compressed(); }
  std::size_t buffered_bytes() const { return reader_.buffered_bytes(); }
  /// The client has sent its last byte.
  bool is_half_closed() const { return remote_closed_; }
  bool is_replied() const { return state_ == State::kReplied; }
  /// What reply() was called with; UNKNOWN before, and after cut().
  StatusCode status_code() const { return parse_status_code(status_text_); }
  /// Something was sent: the reply, or the headers of a streamed one.
  bool has_answered() const { return headers_sent_ || is_replied(); }

  // Streamed requests.

  /// After on_headers_end()'s true, before the first on_data(): messages come by read().
  void stream_requests() { streams_requests_ = true; }
  bool streams_requests() const { return streams_requests_; }
  enum class Read {
    kPending,  ///< Nothing complete yet; on_data() and on_end_of_stream() may change it: continue_read().
    kMessage,  ///< request() is it, until the next read().
    kEnd,      ///< No more will come: half-closed, or the call is over (is_replied()).
  };
  /// Lets go of the last message and takes the next one.
  Read read();
  /// The same read after more has arrived.
  Read continue_read();
  /// Bytes that wait for a read.
  std::size_t held_bytes() const { return held_.size(); }
  /// The stream has closed: nobody will read them, and their stream needs no credit.
  void drop_held() { held_.clear(); }

  // Streamed replies.

  /// Sends the response headers with the initial metadata, once; later calls do nothing.
  void send_initial_metadata();
  /// Room for one message of `size` bytes, to be filled and then sent by end_write(). Precondition: not
  /// replied.
  MutableBytes begin_write(std::size_t size) { return writer_.append(size); }
  void end_write(Compress compress = Compress::kAsCall);
  bool has_sent_headers() const { return headers_sent_; }
  /// Bytes written and not yet taken by the session.
  std::size_t queued_bytes() const { return writer_.remaining(); }

  /// Room to serialise the reply's message into; call before reply(), with no session call in between.
  MutableBytes begin_message(std::size_t size) { return writer_.begin(size); }
  /// The message was filled. Compresses it, when the reply is compressed; without this call it goes as it is.
  void end_message() {
    if (encoding_ != Encoding::kIdentity) writer_.compress_last(encoding_);
  }
  /// How messages of the reply are compressed: not at all, if the client doesn't accept `encoding` or it is
  /// not supported (P-60). No effect once the headers have been sent.
  void set_compression(Encoding encoding);
  /// Metadata of the reply; fields are checked (grpc::check_metadata) and encoded already.
  http2::HeaderBlock& initial_metadata() { return initial_; }
  http2::HeaderBlock& trailing_metadata() { return trailing_; }

  /// Queues the reply: the message if `status` is OK and one was begun, else trailers only. Once a call;
  /// later calls do nothing.
  void reply(const Status& status, int http_status = 200);
  enum class Cut { kDeadlineExceeded, kCancelled };
  /// Ends the stream while the handler runs. Unlike reply() it leaves alone what that may be writing on a
  /// thread of its own: the message and the metadata. Messages of a streamed reply that wait are dropped;
  /// when half of one has been sent no status can follow, and the stream is reset with CANCEL.
  void cut(Cut reason);

 private:
  enum class State { kHead, kBody, kComplete, kReplied };

  void take_message();
  void decompress_message();
  void fail(const Error& error);
  void on_streamed_data(Bytes bytes);
  Read pull(Bytes& bytes);
  void enter_replied();
  /// Bytes of metadata that one block of the reply may have (P-42).
  std::size_t list_room() const;
  void add_status_fields(const Status& status);
  void send_trailers_only(int http_status);
  void send_headers();
  void submit_trailers();
  void cut_streamed_reply(bool expired);

  http2::Session* session_ = nullptr;
  const http2::Limits* limits_ = nullptr;
  http2::StreamId id_ = 0;
  State state_ = State::kHead;
  bool remote_closed_ = false;
  bool has_message_ = false;
  bool in_trailers_ = false;
  bool streams_requests_ = false;
  bool headers_sent_ = false;
  Encoding encoding_ = Encoding::kIdentity;  // of the reply
  bool body_waits_ = false;                  // the session was told that there is nothing to send
  std::string_view status_text_;             // of the reply
  RequestHead head_;
  MessageReader reader_;
  ByteQueue held_;  // of a streamed request: arrived and not read
  MessageWriter writer_;
  http2::HeaderBlock initial_;
  http2::HeaderBlock trailing_;
};

}  // namespace hawser::grpc
