// The call object of a client streaming method: many requests, one response.
#pragma once

#include <algorithm>
#include <utility>

#include "hawser/binding/callback_stream_call.h"

namespace hawser::binding {

template <class Request, class Response>
class ClientStreamingCall final
    : public CallbackStreamCall<::grpc::ServerCallbackReader<Request>, ::grpc::ServerReadReactor<Request>> {
 public:
  static constexpr bool kStreamsRequests = true;

  grpc::Status prepare() {
    response_.Clear();
    return {};
  }
  template <class Handler, class Function>
  ::grpc::ServerReadReactor<Request>* invoke(Handler& handler, Function function) {
    return (handler.*function)(&this->call().context(), &response_);
  }
  std::size_t used_bytes() const { return static_cast<std::size_t>(std::max(response_.GetCachedSize(), 0)); }

  // ::grpc::ServerCallbackReader
  void Read(Request* message) override { this->call().read(*message); }
  void Finish(::grpc::Status status) override { this->call().finish(std::move(status), &response_); }

 private:
  void on_read_done(bool ok) override { this->bound_reactor().OnReadDone(ok); }
  void on_write_done(bool) override {}  // the only message goes with the status

  Response response_;
};

}  // namespace hawser::binding
