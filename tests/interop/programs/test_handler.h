// The official interop service (gRPC doc/interop-test-descriptions.md, "Server"): one class on grpc++'s
// generated callback service, which both stock grpc++ and Hawser serve.
#pragma once

#include <string>

#include <grpcpp/server_context.h>

#include "grpc/testing/test.grpc.pb.h"

namespace hawser::interop {

class TestHandler final : public ::grpc::testing::TestService::CallbackService {
 public:
  using Context = ::grpc::CallbackServerContext;
  /// Whether the message that the call received last came compressed: the one thing that grpc++'s public
  /// interface doesn't tell, so the server's program says it.
  using WasCompressed = bool (*)(const ::grpc::ServerContextBase&);

  /// `server_id` is what fill_server_id asks for.
  TestHandler(std::string server_id, WasCompressed was_compressed)
      : server_id_(std::move(server_id)), was_compressed_(was_compressed) {}

  ::grpc::ServerUnaryReactor* EmptyCall(Context* context, const ::grpc::testing::Empty* request,
                                        ::grpc::testing::Empty* response) override;
  ::grpc::ServerUnaryReactor* UnaryCall(Context* context, const ::grpc::testing::SimpleRequest* request,
                                        ::grpc::testing::SimpleResponse* response) override;
  ::grpc::ServerUnaryReactor* CacheableUnaryCall(Context* context,
                                                 const ::grpc::testing::SimpleRequest* request,
                                                 ::grpc::testing::SimpleResponse* response) override;
  ::grpc::ServerWriteReactor<::grpc::testing::StreamingOutputCallResponse>* StreamingOutputCall(
      Context* context, const ::grpc::testing::StreamingOutputCallRequest* request) override;
  ::grpc::ServerReadReactor<::grpc::testing::StreamingInputCallRequest>* StreamingInputCall(
      Context* context, ::grpc::testing::StreamingInputCallResponse* response) override;
  ::grpc::ServerBidiReactor<::grpc::testing::StreamingOutputCallRequest,
                            ::grpc::testing::StreamingOutputCallResponse>*
  FullDuplexCall(Context* context) override;
  ::grpc::ServerBidiReactor<::grpc::testing::StreamingOutputCallRequest,
                            ::grpc::testing::StreamingOutputCallResponse>*
  HalfDuplexCall(Context* context) override;

 private:
  ::grpc::Status fill(Context& context, const ::grpc::testing::SimpleRequest& request,
                      ::grpc::testing::SimpleResponse& response) const;

  const std::string server_id_;
  const WasCompressed was_compressed_;
};

}  // namespace hawser::interop
