// A typed streaming call that calls back:
//
//   class Talk final : public client::StreamReactor {
//    public:
//     explicit Talk(client::Channel& channel) : stream_(channel, kTalk, *this) {
//       stream_.read(line_);
//       stream_.start();
//     }
//     void on_read(bool ok) override { if (ok) { print(line_); stream_.read(line_); } }
//     void on_done(const client::ReplyHead& result) override { … }
//    private:
//     chat::Line line_;
//     client::CallbackStream<chat::Line, chat::Line> stream_;
//   };
//
// start() begins; what was read or written before it counts. One read() and one write() may be outstanding at
// a time. A message is serialised before write() returns, and may be changed then. The rules of StreamCall
// hold for threads, back-pressure, the end and destruction: not while running, so until on_done() comes or
// when start() said false.
#pragma once

#include <string_view>

#include "hawser/client/call_options.h"
#include "hawser/client/stream_call.h"
#include "hawser/client/stream_reactor.h"
#include "hawser/client/streaming_methods.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::client {
class Channel;

namespace detail {

class CallbackStreamCall final : private StreamCall::Events {
 public:
  using Message = google::protobuf::MessageLite;

  /// `response`: of a call with one response, else null.
  CallbackStreamCall(Channel& channel, std::string_view path, const CallOptions& options, Message* response,
                     StreamReactor& reactor);

  bool start();
  bool write(const Message& message, StreamCall::Last last, grpc::Compress compress);
  void end_writes() { call_.end_writes(); }
  bool read(Message& into);
  bool was_compressed() const { return call_.message_was_compressed(); }
  void cancel() { call_.cancel(); }

 private:
  // StreamCall::Events
  void on_initial_metadata() override { reactor_.on_initial_metadata(call_.initial_metadata()); }
  void on_read(bool has_message) override;
  void on_write_done(bool ok) override { reactor_.on_write_done(ok); }
  void on_done() override;

  Channel& channel_;
  StreamReactor& reactor_;
  Message* const response_;
  Message* read_into_ = nullptr;
  StreamCall call_;
};

}  // namespace detail

template <class Req, class Resp>
class CallbackStream final {
 public:
  /// Channel and reactor outlive the stream.
  CallbackStream(Channel& channel, const BidiStreaming<Req, Resp>& method, StreamReactor& reactor,
                 const CallOptions& options = {})
      : call_(channel, method.path, options, nullptr, reactor) {}
  /// The one request goes with start().
  CallbackStream(Channel& channel, const ServerStreaming<Req, Resp>& method, const Req& request,
                 StreamReactor& reactor, const CallOptions& options = {})
      : call_(channel, method.path, options, nullptr, reactor) {
    call_.write(request, StreamCall::Last::kYes, grpc::Compress::kAsCall);
  }
  /// `response` is there in on_done() when the status is OK.
  CallbackStream(Channel& channel, const ClientStreaming<Req, Resp>& method, Resp& response,
                 StreamReactor& reactor, const CallOptions& options = {})
      : call_(channel, method.path, options, &response, reactor) {}

  /// False: the channel is being destroyed; nothing follows.
  [[nodiscard]] bool start() { return call_.start(); }
  /// False: the call is over, its writes were ended, or the message is at fault, which ends it with INTERNAL;
  /// no on_write_done() follows. Before start() none follows either.
  bool write(const Req& message, StreamCall::Last last = StreamCall::Last::kNo,
             grpc::Compress compress = grpc::Compress::kAsCall) {
    return call_.write(message, last, compress);
  }
  void writes_done() { call_.end_writes(); }
  /// `into` must stay until on_read(). False: the call is over; no on_read() follows.
  bool read(Resp& into) { return call_.read(into); }
  /// Of the message that on_read() has brought: it came compressed.
  bool was_compressed() const { return call_.was_compressed(); }
  /// Ends it with CANCELLED; on_done() follows.
  void cancel() { call_.cancel(); }

 private:
  detail::CallbackStreamCall call_;
};

}  // namespace hawser::client
