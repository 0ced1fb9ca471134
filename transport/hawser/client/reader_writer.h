// A bidirectional call that waits: many requests, many responses, in any order.
//
//   client::ReaderWriter talk(*channel, kTalk);
//   while (talk.write(line) && talk.read(answer)) { … }
//   client::ReplyHead end = talk.finish();
//
// Threads: one may write while another reads; finish() when neither does; cancel() any time. On the channel's
// own loop thread an operation that would wait ends the call with INTERNAL instead. The destructor never
// waits: it cancels a call that still runs.
#pragma once

#include "hawser/client/blocking_stream.h"
#include "hawser/client/streaming_methods.h"

namespace hawser::client {

template <class Req, class Resp>
class ReaderWriter final {
 public:
  /// Starts the call. `channel` outlives it, not necessarily this object.
  ReaderWriter(Channel& channel, const BidiStreaming<Req, Resp>& method, const CallOptions& options = {})
      : stream_(detail::BlockingStream::start(channel, StreamCall::Responses::kMany, method.path, options)) {}

  /// Waits until there is room for the message, not until it has left. False: the call is over, but what the
  /// server sent before may still be read.
  bool write(const Req& message, grpc::Compress compress = grpc::Compress::kAsCall) {
    return stream_->write(message, StreamCall::Last::kNo, compress);
  }
  /// The same, and none follows.
  bool write_last(const Req& message, grpc::Compress compress = grpc::Compress::kAsCall) {
    return stream_->write(message, StreamCall::Last::kYes, compress);
  }
  void writes_done() { stream_->end_writes(); }
  /// Waits for the next message. False: none follows; finish() says why.
  bool read(Resp& message) { return stream_->read(message); }
  /// The message read last came compressed.
  bool was_compressed() const { return stream_->was_compressed(); }
  /// Waits for them, or for the end. Empty when the server sent none.
  const http2::HeaderBlock& wait_for_initial_metadata() { return stream_->wait_for_initial_metadata(); }
  /// Ends the writes and waits for the end; messages that were not read are dropped. cancel() first when they
  /// have no end.
  ReplyHead finish() { return stream_->finish(); }
  void cancel() { stream_->cancel(); }

 private:
  detail::BlockingStream::Owner stream_;
};

}  // namespace hawser::client
