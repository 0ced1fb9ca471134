// The streaming cases of gRPC doc/interop-test-descriptions.md that have nothing to do with compression.
#include <array>
#include <string>

#include "interop/programs/test_case.h"

namespace hawser::interop {
namespace {

constexpr std::size_t kRequestSizes[] = {27182, 8, 1828, 45904};
constexpr std::size_t kResponseSizes[] = {31415, 9, 2653, 58979};

StreamingOutputCallRequest request_for(std::size_t request_size, std::size_t response_size) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(static_cast<int>(response_size));
  request.mutable_payload()->set_body(std::string(request_size, '\0'));
  return request;
}

void read_response(OutputCall& call, std::size_t size) {
  const std::string which = "the response of " + std::to_string(size) + " bytes";
  StreamingOutputCallResponse response;
  demand(call.read(response), which + " is missing");
  demand_zeros(which, response.payload(), size);
}

void demand_no_more(OutputCall& call) {
  StreamingOutputCallResponse response;
  demand(!call.read(response), "there is one response too many");
}

void client_streaming(TestClient& client, const CaseOptions&) {
  const auto call = client.streaming_input_call({});
  for (const std::size_t size : kRequestSizes) {
    StreamingInputCallRequest request;
    request.mutable_payload()->set_body(std::string(size, '\0'));
    demand(call->write(request, false),
           "StreamingInputCall does not take " + std::to_string(size) + " bytes");
  }
  call->writes_done();
  StreamingInputCallResponse response;
  demand_ok("StreamingInputCall", call->finish(response));
  demand_equal("aggregated_payload_size", response.aggregated_payload_size(), 74922);
}

void server_streaming(TestClient& client, const CaseOptions&) {
  StreamingOutputCallRequest request;
  for (const std::size_t size : kResponseSizes)
    request.add_response_parameters()->set_size(static_cast<int>(size));
  const auto call = client.streaming_output_call(request, {});
  for (const std::size_t size : kResponseSizes) read_response(*call, size);
  demand_no_more(*call);
  demand_ok("StreamingOutputCall", call->finish());
}

void ping_pong(TestClient& client, const CaseOptions&) {
  const auto call = client.full_duplex_call({});
  for (std::size_t i = 0; i < std::size(kRequestSizes); ++i) {
    demand(call->write(request_for(kRequestSizes[i], kResponseSizes[i])), "FullDuplexCall takes no message");
    read_response(*call, kResponseSizes[i]);
  }
  call->writes_done();
  demand_no_more(*call);
  demand_ok("FullDuplexCall", call->finish());
}

void empty_stream(TestClient& client, const CaseOptions&) {
  const auto call = client.full_duplex_call({});
  call->writes_done();
  demand_no_more(*call);
  demand_ok("FullDuplexCall", call->finish());
}

void cancel_after_begin(TestClient& client, const CaseOptions&) {
  const auto call = client.streaming_input_call({});
  call->cancel();
  StreamingInputCallResponse response;
  demand_code("StreamingInputCall", call->finish(response), kCancelled);
}

void cancel_after_first_response(TestClient& client, const CaseOptions&) {
  const auto call = client.full_duplex_call({});
  demand(call->write(request_for(kRequestSizes[0], kResponseSizes[0])), "FullDuplexCall takes no message");
  read_response(*call, kResponseSizes[0]);
  call->cancel();
  demand_code("FullDuplexCall", call->finish(), kCancelled);
}

void timeout_on_sleeping_server(TestClient& client, const CaseOptions&) {
  CallSettings settings;
  settings.timeout = std::chrono::milliseconds(1);
  const auto call = client.full_duplex_call(settings);
  StreamingOutputCallRequest request;  // it asks for no response, so the server waits for more
  request.mutable_payload()->set_body(std::string(kRequestSizes[0], '\0'));
  call->write(request);  // fails when the deadline came first
  demand_no_more(*call);
  demand_code("FullDuplexCall", call->finish(), kDeadlineExceeded);
}

constexpr std::array kStreamingCases = {
    TestCase{"client_streaming", "four requests, one response", client_streaming},
    TestCase{"server_streaming", "one request, four responses", server_streaming},
    TestCase{"ping_pong", "four requests, each answered before the next", ping_pong},
    TestCase{"empty_stream", "a stream without a message", empty_stream},
    TestCase{"cancel_after_begin", "CANCELLED before anything is said", cancel_after_begin},
    TestCase{"cancel_after_first_response", "CANCELLED in the middle", cancel_after_first_response},
    TestCase{"timeout_on_sleeping_server", "DEADLINE_EXCEEDED for a stream", timeout_on_sleeping_server},
};

}  // namespace

std::span<const TestCase> streaming_cases() { return kStreamingCases; }

}  // namespace hawser::interop
