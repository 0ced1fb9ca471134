// One call on the wire, server side: request head and one request message in; headers, message and trailers
// out.
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
// Unary requests in this form; the streaming kinds feed the same MessageReader and MessageWriter and add
// states between kBody and kReplied (docs/architecture.md).
//
// Threads: the connection's. Objects are reused: open() starts a new call.
#pragma once

#include <cstdint>

#include "hawser/base/byte_queue.h"
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
  http2::HeaderVerdict on_header(http2::HeaderField field);
  /// False: the call was rejected and the reply is queued.
  bool on_headers_end(bool end_of_stream);
  void on_data(Bytes bytes);
  /// True: the request is complete, request() is its message. False: replied already.
  bool on_end_of_stream();
  http2::BodyChunk on_body_wanted(MutableBytes into);
  void on_last_frame_sent();

  http2::StreamId id() const { return id_; }
  const RequestHead& head() const { return head_; }
  /// The request message; valid from on_end_of_stream()'s true until open().
  Bytes request() const { return reader_.message(); }
  std::size_t buffered_bytes() const { return reader_.buffered_bytes(); }
  /// The client has sent its last byte.
  bool is_half_closed() const { return remote_closed_; }
  bool is_replied() const { return state_ == State::kReplied; }

  /// Room to serialise the reply's message into; call before reply(), with no session call in between.
  MutableBytes begin_message(std::size_t size) { return writer_.begin(size); }
  /// Metadata of the reply; fields are checked (grpc::check_metadata) and encoded already.
  http2::HeaderBlock& initial_metadata() { return initial_; }
  http2::HeaderBlock& trailing_metadata() { return trailing_; }

  /// Queues the reply: the message if `status` is OK and one was begun, else trailers only. Once a call;
  /// later calls do nothing.
  void reply(const Status& status, int http_status = 200);
  enum class Cut { kDeadlineExceeded, kCancelled };
  /// Ends the stream while the handler runs. Unlike reply() it leaves alone what that may be writing on a
  /// thread of its own: the message and the metadata.
  void cut(Cut reason);

 private:
  enum class State { kHead, kBody, kComplete, kReplied };

  void take_message();
  void fail(const Error& error);
  /// Bytes of metadata that one block of the reply may have (P-42).
  std::size_t list_room() const;
  void add_status_fields(const Status& status);
  void send_trailers_only(int http_status);
  void send_headers();

  http2::Session* session_ = nullptr;
  const http2::Limits* limits_ = nullptr;
  http2::StreamId id_ = 0;
  State state_ = State::kHead;
  bool remote_closed_ = false;
  bool has_message_ = false;
  bool in_trailers_ = false;
  std::string_view status_text_;  // of the reply
  RequestHead head_;
  MessageReader reader_;
  MessageWriter writer_;
  http2::HeaderBlock initial_;
  http2::HeaderBlock trailing_;
};

}  // namespace hawser::grpc
