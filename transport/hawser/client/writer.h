// A client-streaming call that waits: many requests, one response.
//
//   client::Writer writer(*channel, kUpload, {.timeout = 5s});
//   for (const Chunk& chunk : chunks) {
//     if (!writer.write(chunk)) break;  // the call is over: finish() says why
//   }
//   client::Reply<Summary> reply = writer.finish();
//
// Threads: one at a time; cancel() any. On the channel's own loop thread an operation that would wait ends
// the call with INTERNAL instead. The destructor never waits: it cancels a call that still runs.
#pragma once

#include "hawser/client/blocking_stream.h"
#include "hawser/client/streaming_methods.h"

namespace hawser::client {

template <class Req, class Resp>
class Writer final {
 public:
  /// Starts the call. `channel` outlives it, not necessarily this object.
  Writer(Channel& channel, const ClientStreaming<Req, Resp>& method, const CallOptions& options = {})
      : stream_(detail::BlockingStream::start(channel, StreamCall::Responses::kOne, method.path, options)) {}

  /// Waits until there is room for the message, not until it has left. False: the call is over.
  bool write(const Req& message, grpc::Compress compress = grpc::Compress::kAsCall) {
    return stream_->write(message, StreamCall::Last::kNo, compress);
  }
  /// The same, and none follows.
  bool write_last(const Req& message, grpc::Compress compress = grpc::Compress::kAsCall) {
    return stream_->write(message, StreamCall::Last::kYes, compress);
  }
  void writes_done() { stream_->end_writes(); }
  /// Waits for them, or for the end. Empty when the server sent none.
  const http2::HeaderBlock& wait_for_initial_metadata() { return stream_->wait_for_initial_metadata(); }
  /// Ends the writes and waits for the response.
  Reply<Resp> finish() {
    Reply<Resp> reply;
    static_cast<ReplyHead&>(reply) = stream_->finish(&reply.response);
    return reply;
  }
  void cancel() { stream_->cancel(); }

 private:
  detail::BlockingStream::Owner stream_;
};

}  // namespace hawser::client
