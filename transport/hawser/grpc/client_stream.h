// One call on the wire, client side: request headers and one message out; response headers, one message and
// the status in.
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
// Unary responses in this form; the streaming kinds hand out each message of the same MessageReader between
// kBody and kFinished (docs/architecture.md).
//
// Threads: the connection's; begin_message(), reset() and the results before open() and after the end also
// the caller's. Objects are reused, and keep their memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
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
};

class ClientStream final {
 public:
  /// Informational blocks that a server may send before its response (S-28).
  static constexpr int kMostInformational = 16;

  /// Back to kIdle: forgets results and request. Precondition: is_released().
  void reset();
  /// Back to kIdle with the request message as it was: for sending the call again (P-104).
  void rewind();
  /// Room to serialise the request message into; before open(). `size` fits 32 bits.
  MutableBytes begin_message(std::size_t size) {
    return writer_.begin(size, MessageWriter::AfterRead::kKeep);
  }

  /// Opens a stream; `handle` is what the session's events will carry. `session` and `limits` outlive the
  /// call. On failure (no more stream ids, memory) nothing has happened.
  Result<void> open(http2::Session& session, http2::Stream& handle, const RequestFields& fields,
                    const http2::Limits& limits, std::size_t max_receive_bytes);

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
  void abandon(Status status);
  /// Ends a call that was never opened.
  void finish_unopened(Status status);

  bool is_open() const { return state_ != State::kIdle && state_ != State::kFinished; }
  bool is_finished() const { return state_ == State::kFinished; }
  bool is_released() const { return released_; }
  /// The server has certainly not begun with the call: it may be sent once more (P-104).
  bool was_refused() const { return refused_; }
  /// The response has begun; 1xx don't count.
  bool has_response_head() const { return has_head_; }

  // Results, from the end until reset() or rewind().

  const Status& status() const { return status_; }
  /// The message; meaningful with an OK status.
  Bytes response() const { return reader_.message(); }
  const http2::HeaderBlock& initial_metadata() const { return initial_; }
  const http2::HeaderBlock& trailing_metadata() const { return trailing_; }

 private:
  enum class State { kIdle, kHead, kBody, kForeign, kFinished };

  void on_response_head(bool end_of_stream);
  void on_trailers(bool end_of_stream);
  void take_trailers();
  void keep_content_type();
  void take_message();
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
  bool has_message_ = false;
  bool refused_ = false;
  int informational_ = 0;
  int http_status_ = 0;
  ResponseHead head_;
  MessageReader reader_;
  MessageWriter writer_;
  std::optional<TimeoutText> timeout_;
  std::string encoding_;
  std::string content_type_;  // these two when the response isn't gRPC
  std::string foreign_body_;
  Status status_;
  http2::HeaderBlock initial_;
  http2::HeaderBlock trailing_;
};

}  // namespace hawser::grpc
