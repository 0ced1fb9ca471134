// What a client::CallbackStream calls, in the manner of gRPC's client reactors. All of it on the channel's
// loop thread, one at a time: it must not block, and may operate on its stream and start calls.
#pragma once

#include "hawser/client/call_options.h"
#include "hawser/http2/header_block.h"

namespace hawser::client {

class StreamReactor {
 public:
  virtual ~StreamReactor() = default;
  /// At most once, before the first on_read(true); not when the server sends nothing but a status.
  virtual void on_initial_metadata(const http2::HeaderBlock&) {}
  /// Answers read(). True: the message is where read() said. False: no message follows.
  virtual void on_read(bool /*ok*/) {}
  /// Answers write(): there is room for the next one. False: the call is over.
  virtual void on_write_done(bool /*ok*/) {}
  /// Once, the last: no read() or write() is unanswered. It may destroy the stream.
  virtual void on_done(const ReplyHead& result) = 0;
};

}  // namespace hawser::client
