// The Echo service on a running server, and a call of it with each API of grpc++.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "echo.grpc.pb.h"
#include "interop/server/running_server.h"
#include "src/echo/echo_handler.h"

namespace hawser::test {

class EchoServer final {
 public:
  explicit EchoServer(const server::ServerOptions& options = workers(1));
  RunningServer& operator*() { return server_; }
  RunningServer* operator->() { return &server_; }

 private:
  echo_service::EchoHandler handler_;
  RunningServer server_;
};

struct EchoOutcome {
  ::grpc::Status status;
  ::echo::EchoResponse response;
};

/// A blocking call, whatever the API behind it.
using EchoCall = EchoOutcome (*)(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                                 const ::echo::EchoRequest& request);

EchoOutcome call_sync(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                      const ::echo::EchoRequest& request);
EchoOutcome call_async(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                       const ::echo::EchoRequest& request);
EchoOutcome call_callback(::echo::EchoService::Stub& stub, ::grpc::ClientContext& context,
                          const ::echo::EchoRequest& request);

struct EchoApi {
  const char* name;
  EchoCall call;
};
inline constexpr std::array<EchoApi, 3> kEchoApis = {
    {{"sync", &call_sync}, {"async", &call_async}, {"callback", &call_callback}}};

/// One call with a generous deadline, by the synchronous API.
EchoOutcome echo(const std::shared_ptr<::grpc::Channel>& channel, const std::string& payload);
::echo::EchoRequest echo_request(const std::string& payload);

}  // namespace hawser::test
