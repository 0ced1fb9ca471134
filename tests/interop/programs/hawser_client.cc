#include "interop/programs/hawser_client.h"

#include <stdexcept>
#include <utility>

#include "grpc/testing/empty.pb.h"
#include "grpc/testing/messages.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"

namespace hawser::interop {
namespace {

constexpr client::UnaryMethod<Empty, Empty> kEmptyCall{"/grpc.testing.TestService/EmptyCall"};
constexpr client::UnaryMethod<SimpleRequest, SimpleResponse> kUnaryCall{
    "/grpc.testing.TestService/UnaryCall"};
constexpr client::UnaryMethod<Empty, Empty> kUnimplementedMethod{
    "/grpc.testing.TestService/UnimplementedCall"};
constexpr client::UnaryMethod<Empty, Empty> kUnimplementedService{
    "/grpc.testing.UnimplementedService/UnimplementedCall"};

client::CallOptions options_from(const CallSettings& settings) {
  client::CallOptions options;
  if (settings.timeout) options.timeout = *settings.timeout;
  options.metadata = settings.metadata;
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
  return outcome;
}

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
