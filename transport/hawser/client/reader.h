// A server-streaming call that waits: one request, many responses.
//
//   client::Reader reader(*channel, kList, request);
//   while (reader.read(item)) use(item);
//   client::ReplyHead end = reader.finish();
//
// Threads: one at a time; cancel() any. On the channel's own loop thread an operation that would wait ends
// the call with INTERNAL instead. The destructor never waits: it cancels a call that still runs.
#pragma once

#include "hawser/client/blocking_stream.h"
#include "hawser/client/streaming_methods.h"

namespace hawser::client {

template <class Resp>
class Reader final {
 public:
  /// Starts the call. `channel` outlives it, not necessarily this object.
  template <class Req>
  Reader(Channel& channel, const ServerStreaming<Req, Resp>& method, const Req& request,
         const CallOptions& options = {})
      : stream_(detail::BlockingStream::start(channel, StreamCall::Responses::kMany, method.path, options,
                                              &request)) {}

  /// Waits for the next message. False: none follows; finish() says why.
  bool read(Resp& message) { return stream_->read(message); }
  /// The message read last came compressed.
  bool was_compressed() const { return stream_->was_compressed(); }
  /// Waits for them, or for the end. Empty when the server sent none.
  const http2::HeaderBlock& wait_for_initial_metadata() { return stream_->wait_for_initial_metadata(); }
  /// Waits for the end; messages that were not read are dropped. cancel() first when they have no end.
  ReplyHead finish() { return stream_->finish(); }
  void cancel() { stream_->cancel(); }

 private:
  detail::BlockingStream::Owner stream_;
};

}  // namespace hawser::client
