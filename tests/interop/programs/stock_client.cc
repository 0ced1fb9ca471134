#include "interop/programs/stock_client.h"

#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "grpc/testing/test.grpc.pb.h"
#include "interop/programs/message_flags.h"

namespace grpc::testing {

// A friend of grpc::ClientContext that only grpc's own tests define.
class InteropClientContextInspector {
 public:
  static bool was_compressed(const ClientContext& context) {
    return hawser::interop::was_compressed(context.call_);
  }
};

}  // namespace grpc::testing

namespace hawser::interop {
namespace {

using Inspector = ::grpc::testing::InteropClientContextInspector;
using Fields = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

void apply(const CallSettings& settings, ::grpc::ClientContext& context) {
  if (settings.timeout) context.set_deadline(std::chrono::system_clock::now() + *settings.timeout);
  for (const auto& [name, value] : settings.metadata) context.AddMetadata(name, value);
  if (settings.compress) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
}

std::multimap<std::string, std::string> copy(const Fields& fields) {
  std::multimap<std::string, std::string> copied;
  for (const auto& [name, value] : fields) {
    copied.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  return copied;
}

Outcome outcome_of(const ::grpc::Status& status, const ::grpc::ClientContext& context) {
  return {static_cast<int>(status.error_code()), status.error_message(),
          copy(context.GetServerInitialMetadata()), copy(context.GetServerTrailingMetadata()),
          status.ok() && Inspector::was_compressed(context)};
}

::grpc::WriteOptions write_options(bool compress) {
  ::grpc::WriteOptions options;
  if (!compress) options.set_no_compression();
  return options;
}

class StockInputCall final : public InputCall {
 public:
  StockInputCall(::grpc::testing::TestService::Stub& stub, const CallSettings& settings) {
    apply(settings, context_);
    writer_ = stub.StreamingInputCall(&context_, &response_);
  }
  bool write(const StreamingInputCallRequest& request, bool compress) override {
    return writer_->Write(request, write_options(compress));
  }
  void writes_done() override { writer_->WritesDone(); }
  void cancel() override { context_.TryCancel(); }
  Outcome finish(StreamingInputCallResponse& response) override {
    const ::grpc::Status status = writer_->Finish();
    response = response_;
    return outcome_of(status, context_);
  }

 private:
  ::grpc::ClientContext context_;
  StreamingInputCallResponse response_;
  std::unique_ptr<::grpc::ClientWriter<StreamingInputCallRequest>> writer_;
};

class StockOutputCall final : public OutputCall {
 public:
  StockOutputCall(::grpc::testing::TestService::Stub& stub, const StreamingOutputCallRequest& request,
                  const CallSettings& settings) {
    apply(settings, context_);
    reader_ = stub.StreamingOutputCall(&context_, request);
  }
  bool read(StreamingOutputCallResponse& response) override { return reader_->Read(&response); }
  bool was_compressed() override { return Inspector::was_compressed(context_); }
  void cancel() override { context_.TryCancel(); }
  Outcome finish() override {
    const ::grpc::Status status = reader_->Finish();
    return outcome_of(status, context_);
  }

 private:
  ::grpc::ClientContext context_;
  std::unique_ptr<::grpc::ClientReader<StreamingOutputCallResponse>> reader_;
};

class StockDuplexCall final : public DuplexCall {
 public:
  StockDuplexCall(::grpc::testing::TestService::Stub& stub, const CallSettings& settings) {
    apply(settings, context_);
    stream_ = stub.FullDuplexCall(&context_);
  }
  bool write(const StreamingOutputCallRequest& request) override { return stream_->Write(request); }
  void writes_done() override { stream_->WritesDone(); }
  bool read(StreamingOutputCallResponse& response) override { return stream_->Read(&response); }
  bool was_compressed() override { return Inspector::was_compressed(context_); }
  void cancel() override { context_.TryCancel(); }
  Outcome finish() override {
    const ::grpc::Status status = stream_->Finish();
    return outcome_of(status, context_);
  }

 private:
  ::grpc::ClientContext context_;
  std::unique_ptr<::grpc::ClientReaderWriter<StreamingOutputCallRequest, StreamingOutputCallResponse>>
      stream_;
};

/// Lives until its call is done.
struct StartedCall {
  ::grpc::ClientContext context;
  SimpleRequest request;
  SimpleResponse response;
};

class StockClient final : public TestClient {
 public:
  // lint: allow shared_ptr: grpc++'s channels are
  explicit StockClient(const std::shared_ptr<::grpc::Channel>& channel)
      : stub_(::grpc::testing::TestService::NewStub(channel)),
        missing_(::grpc::testing::UnimplementedService::NewStub(channel)) {}

  Outcome empty_call(const CallSettings& settings, Empty& response) override {
    ::grpc::ClientContext context;
    apply(settings, context);
    const ::grpc::Status status = stub_->EmptyCall(&context, {}, &response);
    return outcome_of(status, context);
  }

  Outcome unary_call(const SimpleRequest& request, const CallSettings& settings,
                     SimpleResponse& response) override {
    ::grpc::ClientContext context;
    apply(settings, context);
    const ::grpc::Status status = stub_->UnaryCall(&context, request, &response);
    return outcome_of(status, context);
  }

  void start_unary_call(const SimpleRequest& request, const CallSettings& settings,
                        std::function<void(Outcome, const SimpleResponse&)> done) override {
    auto started = std::make_unique<StartedCall>();
    apply(settings, started->context);
    started->request = request;
    StartedCall* const call = started.release();
    stub_->async()->UnaryCall(&call->context, &call->request, &call->response,
                              [call, done = std::move(done)](const ::grpc::Status& status) {
                                const std::unique_ptr<StartedCall> owner(call);
                                done(outcome_of(status, owner->context), owner->response);
                              });
  }

  Outcome unimplemented_method() override {
    ::grpc::ClientContext context;
    Empty response;
    const ::grpc::Status status = stub_->UnimplementedCall(&context, {}, &response);
    return outcome_of(status, context);
  }

  Outcome unimplemented_service() override {
    ::grpc::ClientContext context;
    Empty response;
    const ::grpc::Status status = missing_->UnimplementedCall(&context, {}, &response);
    return outcome_of(status, context);
  }

  std::unique_ptr<InputCall> streaming_input_call(const CallSettings& settings) override {
    return std::make_unique<StockInputCall>(*stub_, settings);
  }
  std::unique_ptr<OutputCall> streaming_output_call(const StreamingOutputCallRequest& request,
                                                    const CallSettings& settings) override {
    return std::make_unique<StockOutputCall>(*stub_, request, settings);
  }
  std::unique_ptr<DuplexCall> full_duplex_call(const CallSettings& settings) override {
    return std::make_unique<StockDuplexCall>(*stub_, settings);
  }

 private:
  std::unique_ptr<::grpc::testing::TestService::Stub> stub_;
  std::unique_ptr<::grpc::testing::UnimplementedService::Stub> missing_;
};

}  // namespace

std::unique_ptr<TestClient> make_stock_client(const std::string& target) {
  // Without it, channels to one target share a connection.
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<StockClient>(
      ::grpc::CreateCustomChannel(target, ::grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace hawser::interop
