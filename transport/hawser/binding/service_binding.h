// Binds a class that stock grpc_cpp_plugin generated to a server, one line a method.
//
//   class EchoHandler final : public echo::EchoService::Service {
//     grpc::Status Echo(grpc::ServerContext*, const echo::EchoRequest*, echo::EchoResponse*) override;
//   };
//   EchoHandler handler;
//   hawser::binding::ServiceBinding<echo::EchoService, EchoHandler> service(handler);
//   service.unary("Echo", &EchoHandler::Echo);
//   service.add_to(server);
//
// Synchronous methods (`Service`) run on the event loop and must not block: a method that waits keeps every
// other call of its worker waiting. Methods of a `CallbackService` return a reactor, which may finish from
// any thread; streaming methods are bound from there, for a blocking reader or writer has no place on a loop:
//
//   service.callback_client_streaming("Upload", &Handler::Upload);    // ServerReadReactor
//   service.callback_server_streaming("Watch", &Handler::Watch);      // ServerWriteReactor
//   service.callback_bidi("Chat", &Handler::Chat);                    // ServerBidiReactor
//
// add_to() compares what was bound with the service's descriptor: a method that does not exist, has other
// message types, streams in another way, or was not bound at all is an error that names it.
//
// Threads: set-up only. The handler isn't owned and outlives the server.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hawser/base/result.h"
#include "hawser/binding/callback_bidi.h"
#include "hawser/binding/callback_client_streaming.h"
#include "hawser/binding/callback_server_streaming.h"
#include "hawser/binding/callback_stream_method.h"
#include "hawser/binding/callback_unary_method.h"
#include "hawser/binding/service_check.h"
#include "hawser/binding/unary_method.h"
#include "hawser/server/server.h"

namespace hawser::binding {

/// `GeneratedService` is the generated class itself (echo::EchoService); `Handler` is derived from its
/// Service or CallbackService.
template <class GeneratedService, class Handler>
class ServiceBinding final {
 public:
  explicit ServiceBinding(Handler& handler)
      : handler_(handler), check_(GeneratedService::service_full_name()) {}

  /// A method of the synchronous class.
  template <class Owner, class Request, class Response>
  ServiceBinding& unary(std::string_view name,
                        ::grpc::Status (Owner::*method)(::grpc::ServerContext*, const Request*, Response*)) {
    check_.add({name, MethodKind::kUnary, Request::descriptor(), Response::descriptor()});
    methods_.push_back(std::make_unique<UnaryMethod<Handler, Owner, Request, Response>>(check_.path_of(name),
                                                                                        handler_, method));
    return *this;
  }

  /// A method of the callback class.
  template <class Owner, class Request, class Response>
  ServiceBinding& callback_unary(std::string_view name,
                                 ::grpc::ServerUnaryReactor* (Owner::*method)(::grpc::CallbackServerContext*,
                                                                              const Request*, Response*)) {
    check_.add({name, MethodKind::kUnary, Request::descriptor(), Response::descriptor()});
    methods_.push_back(std::make_unique<CallbackUnaryMethod<Handler, Owner, Request, Response>>(
        check_.path_of(name), handler_, method));
    return *this;
  }

  /// Streaming methods of the callback class.
  template <class Owner, class Request, class Response>
  ServiceBinding& callback_client_streaming(
      std::string_view name,
      ::grpc::ServerReadReactor<Request>* (Owner::*method)(::grpc::CallbackServerContext*, Response*)) {
    return add_stream<ClientStreamingCall<Request, Response>, Request, Response>(
        name, MethodKind::kClientStreaming, method);
  }
  template <class Owner, class Request, class Response>
  ServiceBinding& callback_server_streaming(std::string_view name,
                                            ::grpc::ServerWriteReactor<Response>* (Owner::*method)(
                                                ::grpc::CallbackServerContext*, const Request*)) {
    return add_stream<ServerStreamingCall<Request, Response>, Request, Response>(
        name, MethodKind::kServerStreaming, method);
  }
  template <class Owner, class Request, class Response>
  ServiceBinding& callback_bidi(std::string_view name, ::grpc::ServerBidiReactor<Request, Response>* (
                                                           Owner::*method)(::grpc::CallbackServerContext*)) {
    return add_stream<BidiCall<Request, Response>, Request, Response>(name, MethodKind::kBidi, method);
  }

  /// Says that a method is left out on purpose: callers get UNIMPLEMENTED.
  ServiceBinding& unimplemented(std::string_view name) {
    check_.leave_out(name);
    return *this;
  }

  /// Gives the methods to the server. Scope usage, with the method's name, when the binding is wrong.
  Result<void> add_to(server::Server& server) {
    if (auto checked = check_.verify(); !checked) return checked;
    for (auto& method : methods_) {
      if (auto added = server.add(std::move(method)); !added) return added;
    }
    methods_.clear();
    return {};
  }

  /// For tests that route without a server.
  std::vector<std::unique_ptr<server::Method>> take_methods() { return std::move(methods_); }

 private:
  template <class Call, class Request, class Response, class Function>
  ServiceBinding& add_stream(std::string_view name, MethodKind kind, Function method) {
    check_.add({name, kind, Request::descriptor(), Response::descriptor()});
    methods_.push_back(std::make_unique<CallbackStreamMethod<Call, Handler, Function>>(check_.path_of(name),
                                                                                       handler_, method));
    return *this;
  }

  Handler& handler_;
  ServiceCheck check_;
  std::vector<std::unique_ptr<server::Method>> methods_;
};

}  // namespace hawser::binding
