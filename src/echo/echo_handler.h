// The Echo service, written as for any grpc++ server.
#pragma once

#include <grpcpp/server_context.h>

#include "echo.grpc.pb.h"

namespace hawser::echo_service {

/// Stateless; never blocks.
class EchoHandler final : public ::echo::EchoService::Service {
 public:
  ::grpc::Status Echo(::grpc::ServerContext* context, const ::echo::EchoRequest* request,
                      ::echo::EchoResponse* response) override;
};

}  // namespace hawser::echo_service
