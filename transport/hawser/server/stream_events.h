// What a streaming call tells its handler.
//
//   { read() -> on_request_message | on_requests_end }*     one read at a time; after the end only ends
//   { begin_write(), end_write() -> on_writable }*          one answer a write
//   wake() -> on_wake
//
// An answer never comes inside of the call that asked for it, and none after ServerCall::finish(). When the
// call is over before its time (reset, deadline, connection lost), what is outstanding is answered, reads
// with the end, and the cancel callback comes.
//
// Threads: the loop's.
#pragma once

namespace hawser::server {

class StreamEvents {
 public:
  virtual ~StreamEvents() = default;

  /// ServerCall::request() is the next message, until the next read().
  virtual void on_request_message() = 0;
  /// The client has half-closed and all messages were read; or the call is over.
  virtual void on_requests_end() = 0;
  /// The write was taken, and there is room for more: or the call is over (ServerCall::is_over()).
  virtual void on_writable() = 0;
  virtual void on_wake() = 0;
};

}  // namespace hawser::server
