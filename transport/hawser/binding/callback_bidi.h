// The call object of a bidirectional method: many requests, many responses, in any order.
#pragma once

#include <cstddef>
#include <utility>

#include "hawser/binding/callback_stream_call.h"

namespace hawser::binding {

template <class Request, class Response>
class BidiCall final : public CallbackStreamCall<::grpc::ServerCallbackReaderWriter<Request, Response>,
                                                 ::grpc::ServerBidiReactor<Request, Response>> {
 public:
  static constexpr bool kStreamsRequests = true;

  grpc::Status prepare() { return {}; }
  template <class Handler, class Function>
  ::grpc::ServerBidiReactor<Request, Response>* invoke(Handler& handler, Function function) {
    return (handler.*function)(&this->call().context());
  }
  std::size_t used_bytes() const { return 0; }

  // ::grpc::ServerCallbackReaderWriter
  void Read(Request* message) override { this->call().read(*message); }
  void Write(const Response* message, ::grpc::WriteOptions options) override {
    this->call().write(*message, compress_of(options));
  }
  void WriteAndFinish(const Response* message, ::grpc::WriteOptions options, ::grpc::Status status) override {
    this->call().finish(std::move(status), message, StreamCall::LastMessage::kAlways, compress_of(options));
  }
  void Finish(::grpc::Status status) override { this->call().finish(std::move(status)); }

 private:
  void on_read_done(bool ok) override { this->bound_reactor().OnReadDone(ok); }
  void on_write_done(bool ok) override { this->bound_reactor().OnWriteDone(ok); }
};

}  // namespace hawser::binding
