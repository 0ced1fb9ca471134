// The cases that look at the compressed flag of messages (gRPC doc/interop-test-descriptions.md).
#include <array>
#include <string>

#include "interop/programs/test_case.h"

namespace hawser::interop {
namespace {

Outcome call_unary(TestClient& client, const SimpleRequest& request, bool compress) {
  CallSettings settings;
  settings.compress = compress;
  SimpleResponse response;
  Outcome outcome = client.unary_call(request, settings, response);
  if (outcome.ok()) demand_zeros("UnaryCall, response", response.payload(), kLargeResponseBytes);
  return outcome;
}

void client_compressed_unary(TestClient& client, const CaseOptions&) {
  SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  demand_code("the probe: UnaryCall, raw where compressed is expected", call_unary(client, request, false),
              kInvalidArgument);
  demand_ok("UnaryCall, compressed", call_unary(client, request, true));
  request.mutable_expect_compressed()->set_value(false);
  demand_ok("UnaryCall, raw", call_unary(client, request, false));
}

void server_compressed_unary(TestClient& client, const CaseOptions&) {
  for (const bool wanted : {true, false}) {
    SimpleRequest request = large_request();
    request.mutable_response_compressed()->set_value(wanted);
    const std::string call =
        wanted ? "UnaryCall with a compressed response" : "UnaryCall with a raw response";
    const Outcome outcome = call_unary(client, request, false);
    demand_ok(call, outcome);
    demand_equal(call + ", compressed flag", outcome.was_compressed, wanted);
  }
}

StreamingInputCallRequest input(std::size_t size, bool expect_compressed) {
  StreamingInputCallRequest request;
  request.mutable_payload()->set_body(std::string(size, '\0'));
  request.mutable_expect_compressed()->set_value(expect_compressed);
  return request;
}

void client_compressed_streaming(TestClient& client, const CaseOptions&) {
  CallSettings settings;
  settings.compress = true;
  StreamingInputCallResponse response;
  const auto probe = client.streaming_input_call(settings);
  probe->write(input(27182, true), false);  // the server may end the call before all of it is written
  probe->writes_done();
  demand_code("the probe: StreamingInputCall, raw where compressed is expected", probe->finish(response),
              kInvalidArgument);

  const auto call = client.streaming_input_call(settings);
  demand(call->write(input(27182, true), true), "StreamingInputCall does not take the compressed message");
  demand(call->write(input(45904, false), false), "StreamingInputCall does not take the raw message");
  call->writes_done();
  demand_ok("StreamingInputCall", call->finish(response));
  demand_equal("aggregated_payload_size", response.aggregated_payload_size(), 27182 + 45904);
}

void server_compressed_streaming(TestClient& client, const CaseOptions&) {
  StreamingOutputCallRequest request;
  const std::pair<int, bool> wanted[] = {{31415, true}, {92653, false}};
  for (const auto& [size, compressed] : wanted) {
    ::grpc::testing::ResponseParameters& parameters = *request.add_response_parameters();
    parameters.set_size(size);
    parameters.mutable_compressed()->set_value(compressed);
  }
  const auto call = client.streaming_output_call(request, {});
  StreamingOutputCallResponse response;
  for (const auto& [size, compressed] : wanted) {
    const std::string which = "the response of " + std::to_string(size) + " bytes";
    demand(call->read(response), which + " is missing");
    demand_zeros(which, response.payload(), static_cast<std::size_t>(size));
    demand_equal(which + ", compressed flag", call->was_compressed(), compressed);
  }
  demand(!call->read(response), "there is a third response");
  demand_ok("StreamingOutputCall", call->finish());
}

constexpr std::array kCases = {
    TestCase{"client_compressed_unary", "compressed and raw requests arrive as such",
             client_compressed_unary},
    TestCase{"server_compressed_unary", "responses are compressed when asked for, and only then",
             server_compressed_unary},
    TestCase{"client_compressed_streaming", "compressed and raw requests in one stream",
             client_compressed_streaming},
    TestCase{"server_compressed_streaming", "compressed and raw responses in one stream",
             server_compressed_streaming},
};

}  // namespace

std::span<const TestCase> compression_cases() { return kCases; }

}  // namespace hawser::interop
