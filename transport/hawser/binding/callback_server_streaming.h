// The call object of a server streaming method: one request, many responses.
#pragma once

#include <cstddef>
#include <utility>

#include "hawser/binding/callback_stream_call.h"
#include "hawser/binding/unary_reply.h"

namespace hawser::binding {

template <class Request, class Response>
class ServerStreamingCall final : public CallbackStreamCall<::grpc::ServerCallbackWriter<Response>,
                                                            ::grpc::ServerWriteReactor<Response>> {
 public:
  /// The one request is read as a unary call's: the handler starts when it is complete.
  static constexpr bool kStreamsRequests = false;

  grpc::Status prepare() {
    request_bytes_ = this->call().call().request().size();
    return parse_request(this->call().call(), request_);
  }
  template <class Handler, class Function>
  ::grpc::ServerWriteReactor<Response>* invoke(Handler& handler, Function function) {
    return (handler.*function)(&this->call().context(), &request_);
  }
  std::size_t used_bytes() const { return request_bytes_; }

  // ::grpc::ServerCallbackWriter. Output leaves once a turn, which is what WriteOptions' hints ask for.
  void Write(const Response* message, ::grpc::WriteOptions options) override {
    this->call().write(*message, compress_of(options));
  }
  void WriteAndFinish(const Response* message, ::grpc::WriteOptions options, ::grpc::Status status) override {
    this->call().finish(std::move(status), message, StreamCall::LastMessage::kAlways, compress_of(options));
  }
  void Finish(::grpc::Status status) override { this->call().finish(std::move(status)); }

 private:
  void on_read_done(bool) override {}  // nothing is read
  void on_write_done(bool ok) override { this->bound_reactor().OnWriteDone(ok); }

  Request request_;
  std::size_t request_bytes_ = 0;
};

}  // namespace hawser::binding
