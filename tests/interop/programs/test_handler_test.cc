// What the interop service itself promises (CONFORMANCE I-30), on Hawser and seen by a stock client: the
// cases of the interop clients are only as strict as it is.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/client_context.h>

#include "hawser/binding/service_binding.h"
#include "interop/programs/test_handler.h"
#include "interop/server/running_server.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using ::grpc::testing::SimpleRequest;
using ::grpc::testing::SimpleResponse;
using ::grpc::testing::StreamingOutputCallRequest;
using ::grpc::testing::StreamingOutputCallResponse;
using ::grpc::testing::TestService;
using interop::TestHandler;

constexpr auto kNoSuchType = static_cast<::grpc::testing::PayloadType>(77);

class TestServiceFixture {
 public:
  ::grpc::Status unary(const SimpleRequest& request, SimpleResponse& response) {
    ::grpc::ClientContext context;
    context.set_deadline(in_seconds(60));
    return stub_->UnaryCall(&context, request, &response);
  }

  ::grpc::Status stream(const StreamingOutputCallRequest& request, std::vector<std::size_t>& sizes) {
    ::grpc::ClientContext context;
    context.set_deadline(in_seconds(60));
    const auto reader = stub_->StreamingOutputCall(&context, request);
    StreamingOutputCallResponse response;
    while (reader->Read(&response)) sizes.push_back(response.payload().body().size());
    return reader->Finish();
  }

 private:
  TestHandler handler_{"this server", [](const ::grpc::ServerContextBase&) { return false; }};
  RunningServer server_{[this](server::Server& server) {
    binding::ServiceBinding<TestService, TestHandler> service(handler_);
    for (const char* name : {"EmptyCall", "CacheableUnaryCall", "StreamingInputCall", "FullDuplexCall",
                             "HalfDuplexCall", "UnimplementedCall"}) {
      service.unimplemented(name);
    }
    return service.callback_unary("UnaryCall", &TestHandler::UnaryCall)
        .callback_server_streaming("StreamingOutputCall", &TestHandler::StreamingOutputCall)
        .add_to(server);
  }};
  std::unique_ptr<TestService::Stub> stub_ = TestService::NewStub(server_.channel());
};

}  // namespace

TEST_CASE_FIXTURE(TestServiceFixture, "Interop service: UnaryCall gives the size that was asked for (I-30)") {
  for (const int size : {0, 1, 314'159}) {
    SimpleRequest request;
    request.set_response_size(size);
    SimpleResponse response;
    REQUIRE(unary(request, response).ok());
    CHECK(response.payload().body() == std::string(static_cast<std::size_t>(size), '\0'));
    CHECK(response.server_id().empty());
  }
}

TEST_CASE_FIXTURE(TestServiceFixture,
                  "Interop service: UnaryCall gives the status that was asked for (I-30)") {
  SimpleRequest request;
  request.mutable_response_status()->set_code(9);
  request.mutable_response_status()->set_message("not now");
  SimpleResponse response;
  const ::grpc::Status status = unary(request, response);
  CHECK(status.error_code() == StatusCode::FAILED_PRECONDITION);
  CHECK(status.error_message() == "not now");
}

TEST_CASE_FIXTURE(TestServiceFixture, "Interop service: UnaryCall says who served it when asked (I-30)") {
  SimpleRequest request;
  request.set_fill_server_id(true);
  SimpleResponse response;
  REQUIRE(unary(request, response).ok());
  CHECK(response.server_id() == "this server");
}

TEST_CASE_FIXTURE(TestServiceFixture,
                  "Interop service: an unknown response_type is INVALID_ARGUMENT in both kinds (I-30)") {
  SimpleRequest request;
  request.set_response_type(kNoSuchType);
  SimpleResponse response;
  CHECK(unary(request, response).error_code() == StatusCode::INVALID_ARGUMENT);
  StreamingOutputCallRequest streaming;
  streaming.set_response_type(kNoSuchType);
  streaming.add_response_parameters()->set_size(1);
  std::vector<std::size_t> sizes;
  CHECK(stream(streaming, sizes).error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(sizes.empty());
}

TEST_CASE_FIXTURE(TestServiceFixture,
                  "Interop service: StreamingOutputCall keeps sizes, order, intervals and status (I-30)") {
  StreamingOutputCallRequest request;
  for (const int size : {3, 0, 70'000}) {
    request.add_response_parameters()->set_size(size);
    request.mutable_response_parameters()->rbegin()->set_interval_us(20'000);
  }
  request.mutable_response_status()->set_code(10);
  std::vector<std::size_t> sizes;
  const auto began = std::chrono::steady_clock::now();
  CHECK(stream(request, sizes).error_code() == StatusCode::ABORTED);
  CHECK(sizes == std::vector<std::size_t>{3, 0, 70'000});
  // A bound from below holds on any machine.
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(60));
}

}  // namespace hawser::test
