#include "interop/server/echo_calls.h"

#include <future>

#include <grpcpp/completion_queue.h>

#include "hawser/binding/service_binding.h"

namespace hawser::test {

EchoServer::EchoServer(const server::ServerOptions& options)
    : server_(
          [this](server::Server& server) {
            binding::ServiceBinding<::echo::EchoService, echo_service::EchoHandler> service(handler_);
            return service.unary("Echo", &echo_service::EchoHandler::Echo).add_to(server);
          },
          options) {}

EchoOutcome call_sync(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                      const ::echo::EchoRequest& request) {
  EchoOutcome outcome;
  outcome.status = stub.Echo(&context, request, &outcome.response);
  return outcome;
}

EchoOutcome call_async(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                       const ::echo::EchoRequest& request) {
  EchoOutcome outcome;
  ::grpc::CompletionQueue queue;
  const auto reader = stub.AsyncEcho(&context, request, &queue);
  reader->Finish(&outcome.response, &outcome.status, &outcome);
  void* tag = nullptr;
  bool ok = false;
  if (!queue.Next(&tag, &ok) || tag != &outcome) {
    outcome.status = ::grpc::Status(::grpc::StatusCode::INTERNAL, "the completion queue lost the call");
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return outcome;
}

EchoOutcome call_callback(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                          const ::echo::EchoRequest& request) {
  EchoOutcome outcome;
  std::promise<::grpc::Status> done;
  stub.async()->Echo(&context, &request, &outcome.response,
                     [&done](::grpc::Status status) { done.set_value(std::move(status)); });
  outcome.status = done.get_future().get();
  return outcome;
}

::echo::EchoRequest echo_request(const std::string& payload) {
  ::echo::EchoRequest request;
  request.set_payload(payload);
  request.set_timestamp(-1'234'567'890'123);
  return request;
}

EchoOutcome echo(const std::shared_ptr<::grpc::Channel>& channel, const std::string& payload) {
  const auto stub = ::echo::EchoService::NewStub(channel);
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(30));
  return call_sync(*stub, context, echo_request(payload));
}

}  // namespace hawser::test
