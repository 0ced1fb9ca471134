// One call on the wire, client side: request headers and messages out; response headers, messages and the
// status in. One message each way, unless begin_streaming() said otherwise.
//
//   kIdle --open()--> kHead --:status 200, application/grpc--> kBody --trailers--> kFinished
//                       |  ^                                     |                     ^
//                       |  +-- 1xx (16 at most)                  +-- bad framing, ------+
//                       |                                        |   over a limit,      |
//                       +-- trailers only ---------------------- | - 2 messages --------+
//                       |                                                               |
//                       +-- not gRPC --> kForeign -- 1 KiB of body, or its end ---------+
//
//   From every state but kIdle: on_closed() (reset by the peer, or by HTTP/2 for the peer's fault) and
//   abandon() (deadline, cancellation, lost connection) --> kFinished.
//
// Finishing sets the status, exactly once. When either side has not ended its half, finishing also resets the
// stream: NO_ERROR if the server was merely early (CONFORMANCE P-75), else CANCEL, and the session forgets
// the stream. Otherwise the session's own on_closed() follows at once. is_released() says that the session
// knows nothing of this object any more, and that it may be opened again or destroyed.
//
// Many requests: send() queues messages, end_requests() half-closes behind them, with END_STREAM on the last
// one when it is still there, else by an empty DATA (P-55). What was sent is kept for a resend until the
// response begins or it has kRetryBytes (P-104, P-106).
//
// Many responses: pulled one by one. Bytes that come while no read_message() is outstanding are held, without
// credit for the stream, and read later, also after the end: the status counts when is_read_out() (P-78).
// What is held is dropped by abandon() and by a message that can't be read; then nothing more comes.
//
// Threads: the connection's; begin_message(), reset() and the results before open() and after the end also
// the caller's. Objects are reused, and keep their memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/held_bytes.h"
#include "hawser/grpc/message_reader.h"
#include "hawser/grpc/message_writer.h"
#include "hawser/grpc/response_head.h"
#include "hawser/grpc/status.h"
#include "hawser/grpc/timeout.h"
#include "hawser/http2/header_block.h"
#include "hawser/http2/session.h"

namespace hawser::grpc {

/// What open() sends. All of it must stay until the call is released.
struct RequestFields {
  std::string_view scheme = "http";
  std::string_view path;
  std::string_view authority;
  std::string_view user_agent;
  std::optional<Duration> timeout;               ///< What is left until the deadline, above zero (P-30).
  const http2::HeaderBlock* metadata = nullptr;  ///< Checked and encoded (grpc::append_metadata).
  int previous_attempts = 0;                     ///< Above 0: told to the server (P-107).
  Encoding encoding = Encoding::kIdentity;       ///< Of the messages that are marked compressed.
};

class ClientStream final {
 public:
  /// Informational blocks that a server may send before its response (S-28).
  static constexpr int kMostInformational = 16;
  /// What a stream of requests keeps for a resend (P-106).
  static constexpr std::size_t kRetryBytes = 256 * 1024;

  /// What abandon() does with messages that were not read.
  enum class Unread { kDrop, kKeep };

  /// Back to kIdle: forgets results and request. Precondition: is_released().
  void reset();
  /// The same, and the next call has any number of requests, and of responses if `many_responses`.
  void begin_streaming(bool many_responses);
  /// Back to kIdle with the request message as it was: for sending the call again (P-104).
  void rewind();
  /// Room to serialise the request message into; before open(). `size` fits 32 bits.
  MutableBytes begin_message(std::size_t size) {
    return writer_.begin(size, MessageWriter::AfterRead::kKeep);
  }
  /// Compresses it, once it is filled; RequestFields::encoding has to say so. Precondition: the encoding is
  /// supported and not identity.
  void compress_message(Encoding encoding) { writer_.compress_last(encoding); }

  /// Opens a stream; `handle` is what the session's events will carry. `session`, `limits` and `held` (the
  /// connection's; needed for many responses only) outlive the call. On failure nothing has happened: the
  /// error has a gRPC code (headers over the peer's limit, P-40), or one of the session (no more stream ids,
  /// memory).
  Result<void> open(http2::Session& session, http2::Stream& handle, const RequestFields& fields,
                    const http2::Limits& limits, std::size_t max_receive_bytes, HeldBytes* held = nullptr);

  // Streaming calls: requests, from begin_streaming() on. The connection is to be drained afterwards.

  /// Takes over the messages of `messages`. No effect after end_requests().
  void send(MessageWriter& messages);
  void end_requests();
  bool has_open_requests() const { return requests_open_; }
  /// Bytes that wait to be sent.
  std::size_t unsent_bytes() const { return writer_.remaining(); }

  // Streaming calls: many responses.

  /// Asks for the next message, and forgets the one before. Then has_message() is true, now or after more
  /// events, or is_read_out(). The connection is to be drained afterwards.
  void read_message();
  /// The last read_message() has brought message().
  bool has_message() const { return has_message_; }
  /// The call is over and no byte is left to be read: status() is final.
  bool is_read_out() const { return state_ == State::kFinished && held_.empty(); }
  /// Bytes that came and were not read.
  std::size_t held_bytes() const { return held_.size(); }
  /// Ends a finished call otherwise: what is held is dropped.
  void abandon_unread(Status status);

  // From the session's events, in their order.
  http2::HeaderVerdict on_header(http2::HeaderField field) { return head_.add(field, *limits_); }
  void on_headers_end(bool end_of_stream);
  void on_data(Bytes bytes);
  void on_end_of_stream();
  http2::BodyChunk on_body_wanted(MutableBytes into);
  void on_last_frame_sent() { local_closed_ = true; }
  void on_closed(http2::ErrorCode code);
  /// As on_closed(), with the status to end with.
  void on_lost(Status status);
  /// Ends the call for a reason of ours. No effect once finished.
  void abandon(Status status, Unread unread = Unread::kDrop);
  /// The application is to get another status than the call had. Precondition: finished, and read out.
  void replace_status(Status status) { status_ = std::move(status); }
  /// Ends a call that was never opened.
  void finish_unopened(Status status);

  bool is_open() const { return state_ != State::kIdle && state_ != State::kFinished; }
  bool is_finished() const { return state_ == State::kFinished; }
  bool is_released() const { return released_; }
  /// The server has certainly not begun with the call: it may be sent once more (P-104).
  bool was_refused() const { return refused_; }
  /// A finished call that a retry policy may send again: of a response there was nothing but a status, and
  /// what was sent is there, 256 KiB at most (P-106).
  bool can_be_repeated() const {
    return !has_initial_ && writer_.can_rewind() && writer_.kept() <= kRetryBytes;
  }
  /// The response has begun; 1xx don't count.
  bool has_response_head() const { return has_head_; }
  /// The response began with headers of its own, and initial_metadata() is there.
  bool has_initial_metadata() const { return has_initial_; }

  // Results, from the end until reset() or rewind().

  const Status& status() const { return status_; }
  /// The message; meaningful with an OK status, or when has_message().
  Bytes response() const { return reader_.message(); }
  /// It came compressed; response() is what it said.
  bool response_was_compressed() const { return reader_.is_compressed(); }
  const http2::HeaderBlock& initial_metadata() const { return initial_; }
  const http2::HeaderBlock& trailing_metadata() const { return trailing_; }

 private:
  enum class State { kIdle, kHead, kBody, kForeign, kFinished };

  void on_response_head(bool end_of_stream);
  void on_trailers(bool end_of_stream);
  void take_trailers();
  void keep_content_type();
  void take_message();
  void decompress_message();
  http2::BodyChunk streamed_chunk(std::size_t size);
  void resume_body();
  void take_streamed(Bytes bytes);
  void feed_reader(Bytes& bytes);
  void finish_reading();
  void leave_connection();
  void drop_held();
  void fail_message(StatusCode code, std::string message);
  void take_foreign_body(Bytes bytes);
  void fail(StatusCode code, std::string message, http2::ErrorCode reset = http2::ErrorCode::kCancel);
  void finish_by_http();
  void finish(Status status, http2::ErrorCode reset);

  http2::Session* session_ = nullptr;
  const http2::Limits* limits_ = nullptr;
  http2::StreamId id_ = 0;
  State state_ = State::kIdle;
  bool released_ = true;
  bool local_closed_ = false;
  bool remote_closed_ = false;
  bool has_head_ = false;
  bool has_initial_ = false;
  bool has_message_ = false;
  bool refused_ = false;
  bool many_requests_ = false;
  bool many_responses_ = false;
  bool requests_open_ = false;  // more may be sent
  bool body_waits_ = false;     // the session wants resume_body()
  bool reading_ = false;        // read_message() has not brought a message yet
  int informational_ = 0;
  int http_status_ = 0;
  ResponseHead head_;
  MessageReader reader_;
  MessageWriter writer_;
  ByteQueue held_;
  HeldBytes* connection_held_ = nullptr;  // counts held_ while the stream is open
  std::optional<TimeoutText> timeout_;
  std::string previous_attempts_;  // empty or a number
  std::string encoding_;
  std::string content_type_;  // these two when the response isn't gRPC
  std::string foreign_body_;
  Status status_;
  http2::HeaderBlock initial_;
  http2::HeaderBlock trailing_;
};

}  // namespace hawser::grpc
