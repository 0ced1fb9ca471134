// A client of the interop service, whoever implements it: the seam between the test cases and the gRPC stack
// that they try. A client is one channel. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "grpc/testing/empty.pb.h"
#include "grpc/testing/messages.pb.h"
#include "interop/programs/outcome.h"
#include "interop/programs/test_calls.h"

namespace hawser::interop {

using ::grpc::testing::Empty;
using ::grpc::testing::SimpleRequest;
using ::grpc::testing::SimpleResponse;

class TestClient {
 public:
  virtual ~TestClient() = default;

  virtual Outcome empty_call(const CallSettings& settings, Empty& response) = 0;
  virtual Outcome unary_call(const SimpleRequest& request, const CallSettings& settings,
                             SimpleResponse& response) = 0;
  /// Returns at once; `done` runs once, on a thread of the client's.
  virtual void start_unary_call(const SimpleRequest& request, const CallSettings& settings,
                                std::function<void(Outcome, const SimpleResponse&)> done) = 0;
  /// TestService/UnimplementedCall and UnimplementedService/UnimplementedCall.
  virtual Outcome unimplemented_method() = 0;
  virtual Outcome unimplemented_service() = 0;

  virtual std::unique_ptr<InputCall> streaming_input_call(const CallSettings& settings) = 0;
  virtual std::unique_ptr<OutputCall> streaming_output_call(const StreamingOutputCallRequest& request,
                                                            const CallSettings& settings) = 0;
  virtual std::unique_ptr<DuplexCall> full_duplex_call(const CallSettings& settings) = 0;
};

/// A new channel. Throws std::invalid_argument for a target that can't be right.
using MakeClient = std::function<std::unique_ptr<TestClient>(const std::string& target)>;

}  // namespace hawser::interop
