#include "interop/programs/test_handler.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "interop/programs/metadata_names.h"
#include "interop/programs/responder.h"

namespace hawser::interop {
namespace {

using ::grpc::testing::StreamingInputCallRequest;
using ::grpc::testing::StreamingInputCallResponse;
using ::grpc::testing::StreamingOutputCallRequest;
using ::grpc::testing::StreamingOutputCallResponse;
using WriteReactor = ::grpc::ServerWriteReactor<StreamingOutputCallResponse>;
using BidiReactor = ::grpc::ServerBidiReactor<StreamingOutputCallRequest, StreamingOutputCallResponse>;

::grpc::Status invalid(const char* why) { return {::grpc::StatusCode::INVALID_ARGUMENT, why}; }

::grpc::Status status_from(const ::grpc::testing::EchoStatus& wanted) {
  return {static_cast<::grpc::StatusCode>(wanted.code()), wanted.message()};
}

void echo_metadata(TestHandler::Context& context) {
  for (const auto& [key, value] : context.client_metadata()) {
    const std::string name(key.data(), key.size());
    if (name == kEchoInitial) context.AddInitialMetadata(name, std::string(value.data(), value.size()));
    if (name == kEchoTrailing) context.AddTrailingMetadata(name, std::string(value.data(), value.size()));
  }
}

/// Absent: there is nothing to expect.
bool is_as_expected(bool has_expectation, const ::grpc::testing::BoolValue& expected, bool was_compressed) {
  return !has_expectation || expected.value() == was_compressed;
}

class OutputReactor final : public Responder<WriteReactor> {
 public:
  explicit OutputReactor(const StreamingOutputCallRequest& request) : request_(request) {
    if (::grpc::testing::PayloadType_IsValid(request_.response_type())) {
      respond(request_);
    } else {
      Finish(invalid("response_type"));
    }
  }

 private:
  void on_responded() override { Finish(status_from(request_.response_status())); }

  const StreamingOutputCallRequest request_;
};

class InputReactor final : public ::grpc::ServerReadReactor<StreamingInputCallRequest> {
 public:
  InputReactor(const TestHandler::Context& context, TestHandler::WasCompressed was_compressed,
               StreamingInputCallResponse& response)
      : context_(context), was_compressed_(was_compressed), response_(response) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      response_.set_aggregated_payload_size(total_);
      return Finish(::grpc::Status::OK);
    }
    if (!is_as_expected(request_.has_expect_compressed(), request_.expect_compressed(),
                        was_compressed_(context_))) {
      return Finish(invalid("the message's compression is not as expected"));
    }
    total_ += static_cast<int>(request_.payload().body().size());
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const TestHandler::Context& context_;
  const TestHandler::WasCompressed was_compressed_;
  StreamingInputCallResponse& response_;
  StreamingInputCallRequest request_;
  int total_ = 0;
};

class FullDuplexReactor final : public Responder<BidiReactor> {
 public:
  FullDuplexReactor() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(::grpc::Status::OK);
    if (request_.has_response_status()) return Finish(status_from(request_.response_status()));
    respond(request_);
  }

 private:
  void on_responded() override { StartRead(&request_); }

  StreamingOutputCallRequest request_;
};

class HalfDuplexReactor final : public Responder<BidiReactor> {
 public:
  HalfDuplexReactor() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return respond_to_next();
    requests_.push_back(std::move(request_));
    request_.Clear();
    StartRead(&request_);
  }

 private:
  void on_responded() override { respond_to_next(); }
  void respond_to_next() {
    if (answered_ == requests_.size()) return Finish(::grpc::Status::OK);
    respond(requests_[answered_++]);
  }

  StreamingOutputCallRequest request_;
  std::vector<StreamingOutputCallRequest> requests_;
  std::size_t answered_ = 0;
};

}  // namespace

::grpc::ServerUnaryReactor* TestHandler::EmptyCall(Context* context, const ::grpc::testing::Empty*,
                                                   ::grpc::testing::Empty*) {
  echo_metadata(*context);
  ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(::grpc::Status::OK);
  return reactor;
}

::grpc::Status TestHandler::fill(Context& context, const ::grpc::testing::SimpleRequest& request,
                                 ::grpc::testing::SimpleResponse& response) const {
  if (!is_as_expected(request.has_expect_compressed(), request.expect_compressed(),
                      was_compressed_(context))) {
    return invalid("the message's compression is not as expected");
  }
  if (!::grpc::testing::PayloadType_IsValid(request.response_type())) return invalid("response_type");
  if (request.response_size() < 0) return invalid("a response of less than no bytes");
  if (request.has_response_compressed()) {
    context.set_compression_level(request.response_compressed().value() ? GRPC_COMPRESS_LEVEL_HIGH
                                                                        : GRPC_COMPRESS_LEVEL_NONE);
  }
  if (request.response_size() > 0) {
    response.mutable_payload()->set_body(
        std::string(static_cast<std::size_t>(request.response_size()), '\0'));
  }
  if (request.fill_server_id()) response.set_server_id(server_id_);
  // fill_username and fill_oauth_scope are for authenticated callers, of which there are none.
  return request.has_response_status() ? status_from(request.response_status()) : ::grpc::Status::OK;
}

::grpc::ServerUnaryReactor* TestHandler::UnaryCall(Context* context,
                                                   const ::grpc::testing::SimpleRequest* request,
                                                   ::grpc::testing::SimpleResponse* response) {
  echo_metadata(*context);
  ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(fill(*context, *request, *response));
  return reactor;
}

::grpc::ServerUnaryReactor* TestHandler::CacheableUnaryCall(Context* context,
                                                            const ::grpc::testing::SimpleRequest*,
                                                            ::grpc::testing::SimpleResponse* response) {
  context->AddInitialMetadata("cache-control", "max-age=60, public");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  response->mutable_payload()->set_body(
      std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
  ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(::grpc::Status::OK);
  return reactor;
}

WriteReactor* TestHandler::StreamingOutputCall(Context* context, const StreamingOutputCallRequest* request) {
  echo_metadata(*context);
  // The call is compressed when one of its messages is to be; the others say that they aren't.
  for (const ::grpc::testing::ResponseParameters& wanted : request->response_parameters()) {
    if (wanted.compressed().value()) context->set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
  }
  return std::make_unique<OutputReactor>(*request).release();
}

::grpc::ServerReadReactor<StreamingInputCallRequest>* TestHandler::StreamingInputCall(
    Context* context, StreamingInputCallResponse* response) {
  echo_metadata(*context);
  return std::make_unique<InputReactor>(*context, was_compressed_, *response).release();
}

BidiReactor* TestHandler::FullDuplexCall(Context* context) {
  echo_metadata(*context);
  return std::make_unique<FullDuplexReactor>().release();
}

BidiReactor* TestHandler::HalfDuplexCall(Context* context) {
  echo_metadata(*context);
  return std::make_unique<HalfDuplexReactor>().release();
}

}  // namespace hawser::interop
