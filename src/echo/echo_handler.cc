#include "src/echo/echo_handler.h"

#include <chrono>

#include "hawser/binding/server_context_bridge.h"

namespace hawser::echo_service {
namespace {

std::int64_t unix_milliseconds() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

}  // namespace

::grpc::Status EchoHandler::Echo(::grpc::ServerContext* context, const ::echo::EchoRequest* request,
                                 ::echo::EchoResponse* response) {
  response->set_payload(request->payload());
  response->set_request_timestamp(request->timestamp());
  response->set_response_timestamp(unix_milliseconds());
  if (request->want_server_latency()) {
    const binding::CallInfo* info = binding::CallInfo::of(*context);
    if (info != nullptr) response->set_server_latency_ns(info->since_request().count());
  }
  return ::grpc::Status::OK;
}

}  // namespace hawser::echo_service
