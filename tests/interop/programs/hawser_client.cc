#include "interop/programs/hawser_client.h"

#include <stdexcept>
#include <utility>

#include "grpc/testing/empty.pb.h"
#include "grpc/testing/messages.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/reader.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/unary_call.h"
#include "hawser/client/writer.h"

namespace hawser::interop {
namespace {

constexpr client::UnaryMethod<Empty, Empty> kEmptyCall{"/grpc.testing.TestService/EmptyCall"};
constexpr client::UnaryMethod<SimpleRequest, SimpleResponse> kUnaryCall{
    "/grpc.testing.TestService/UnaryCall"};
constexpr client::UnaryMethod<Empty, Empty> kUnimplementedMethod{
    "/grpc.testing.TestService/UnimplementedCall"};
constexpr client::UnaryMethod<Empty, Empty> kUnimplementedService{
    "/grpc.testing.UnimplementedService/UnimplementedCall"};
constexpr client::ClientStreaming<StreamingInputCallRequest, StreamingInputCallResponse> kStreamingInputCall{
    "/grpc.testing.TestService/StreamingInputCall"};
constexpr client::ServerStreaming<StreamingOutputCallRequest, StreamingOutputCallResponse>
    kStreamingOutputCall{"/grpc.testing.TestService/StreamingOutputCall"};
constexpr client::BidiStreaming<StreamingOutputCallRequest, StreamingOutputCallResponse> kFullDuplexCall{
    "/grpc.testing.TestService/FullDuplexCall"};

client::CallOptions options_from(const CallSettings& settings) {
  client::CallOptions options;
  if (settings.timeout) options.timeout = *settings.timeout;
  options.metadata = settings.metadata;
  if (settings.compress) options.compression = grpc::Encoding::kGzip;
  return options;
}

std::multimap<std::string, std::string> copy(const http2::HeaderBlock& block) {
  std::multimap<std::string, std::string> fields;
  for (std::size_t i = 0; i < block.size(); ++i) {
    fields.emplace(std::string(block[i].name), std::string(block[i].value));
  }
  return fields;
}

Outcome outcome_of(const client::ReplyHead& reply) {
  Outcome outcome;
  outcome.code = static_cast<int>(reply.status.code);
  outcome.message = reply.status.message;
  outcome.initial_metadata = copy(reply.initial_metadata);
  outcome.trailing_metadata = copy(reply.trailing_metadata);
  outcome.was_compressed = reply.ok() && reply.response_was_compressed;
  return outcome;
}

class HawserInputCall final : public InputCall {
 public:
  HawserInputCall(client::Channel& channel, const CallSettings& settings)
      : writer_(channel, kStreamingInputCall, options_from(settings)) {}

  bool write(const StreamingInputCallRequest& request, bool compress) override {
    return writer_.write(request, compress ? grpc::Compress::kAsCall : grpc::Compress::kNever);
  }
  void writes_done() override { writer_.writes_done(); }
  void cancel() override { writer_.cancel(); }
  Outcome finish(StreamingInputCallResponse& response) override {
    client::Reply<StreamingInputCallResponse> reply = writer_.finish();
    response = std::move(reply.response);
    return outcome_of(reply);
  }

 private:
  client::Writer<StreamingInputCallRequest, StreamingInputCallResponse> writer_;
};

class HawserOutputCall final : public OutputCall {
 public:
  HawserOutputCall(client::Channel& channel, const StreamingOutputCallRequest& request,
                   const CallSettings& settings)
      : reader_(channel, kStreamingOutputCall, request, options_from(settings)) {}

  bool read(StreamingOutputCallResponse& response) override { return reader_.read(response); }
  bool was_compressed() override { return reader_.was_compressed(); }
  void cancel() override { reader_.cancel(); }
  Outcome finish() override { return outcome_of(reader_.finish()); }

 private:
  client::Reader<StreamingOutputCallResponse> reader_;
};

class HawserDuplexCall final : public DuplexCall {
 public:
  HawserDuplexCall(client::Channel& channel, const CallSettings& settings)
      : stream_(channel, kFullDuplexCall, options_from(settings)) {}

  bool write(const StreamingOutputCallRequest& request) override { return stream_.write(request); }
  void writes_done() override { stream_.writes_done(); }
  bool read(StreamingOutputCallResponse& response) override { return stream_.read(response); }
  bool was_compressed() override { return stream_.was_compressed(); }
  void cancel() override { stream_.cancel(); }
  Outcome finish() override { return outcome_of(stream_.finish()); }

 private:
  client::ReaderWriter<StreamingOutputCallRequest, StreamingOutputCallResponse> stream_;
};

class HawserClient final : public TestClient {
 public:
  explicit HawserClient(std::unique_ptr<client::Channel> channel) : channel_(std::move(channel)) {}

  Outcome empty_call(const CallSettings& settings, Empty& response) override {
    return call(kEmptyCall, {}, settings, response);
  }
  Outcome unary_call(const SimpleRequest& request, const CallSettings& settings,
                     SimpleResponse& response) override {
    return call(kUnaryCall, request, settings, response);
  }
  void start_unary_call(const SimpleRequest& request, const CallSettings& settings,
                        std::function<void(Outcome, const SimpleResponse&)> done) override {
    const std::function<void(client::Reply<SimpleResponse>)> on_reply =
        [done = std::move(done)](const client::Reply<SimpleResponse>& reply) {
          done(outcome_of(reply), reply.response);
        };
    client::call_async(*channel_, kUnaryCall, request, options_from(settings), on_reply);
  }
  Outcome unimplemented_method() override {
    Empty response;
    return call(kUnimplementedMethod, {}, {}, response);
  }
  Outcome unimplemented_service() override {
    Empty response;
    return call(kUnimplementedService, {}, {}, response);
  }

  std::unique_ptr<InputCall> streaming_input_call(const CallSettings& settings) override {
    return std::make_unique<HawserInputCall>(*channel_, settings);
  }
  std::unique_ptr<OutputCall> streaming_output_call(const StreamingOutputCallRequest& request,
                                                    const CallSettings& settings) override {
    return std::make_unique<HawserOutputCall>(*channel_, request, settings);
  }
  std::unique_ptr<DuplexCall> full_duplex_call(const CallSettings& settings) override {
    return std::make_unique<HawserDuplexCall>(*channel_, settings);
  }

 private:
  template <class Req, class Resp>
  Outcome call(const client::UnaryMethod<Req, Resp>& method, const Req& request, const CallSettings& settings,
               Resp& response) {
    client::Reply<Resp> reply = client::call(*channel_, method, request, options_from(settings));
    response = std::move(reply.response);
    return outcome_of(reply);
  }

  std::unique_ptr<client::Channel> channel_;
};

}  // namespace

std::unique_ptr<TestClient> make_hawser_client(const std::string& target) {
  auto channel = client::Channel::create(target);
  if (!channel) throw std::invalid_argument(channel.error().detail);
  return std::make_unique<HawserClient>(std::move(*channel));
}

}  // namespace hawser::interop
