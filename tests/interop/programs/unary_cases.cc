// The unary cases of gRPC doc/interop-test-descriptions.md, and the unary halves of those with two.
#include <algorithm>
#include <array>
#include <string>

#include "interop/programs/metadata_names.h"
#include "interop/programs/test_case.h"

namespace hawser::interop {
namespace {

constexpr std::string_view kSpecialMessage =
    "\t\ntest with whitespace\r\nand Unicode BMP \xE2\x98\xBA and non-BMP \xF0\x9F\x98\x88\t\n";

void empty_unary(TestClient& client, const CaseOptions&) {
  Empty response;
  demand_ok("EmptyCall", client.empty_call({}, response));
  demand_equal("EmptyCall, bytes of response", response.ByteSizeLong(), 0u);
}

void large_unary(TestClient& client, const CaseOptions&) { call_large_unary(client); }

void special_status_message(TestClient& client, const CaseOptions&) {
  SimpleRequest request;
  request.mutable_response_status()->set_code(kUnknown);
  request.mutable_response_status()->set_message(std::string(kSpecialMessage));
  SimpleResponse response;
  const Outcome outcome = client.unary_call(request, {}, response);
  demand_code("UnaryCall", outcome, kUnknown);
  demand_equal("status message", outcome.message, kSpecialMessage);
}

void status_code_and_message(TestClient& client, const CaseOptions&) {
  const std::string text = "test status message";
  SimpleRequest request;
  request.mutable_response_status()->set_code(kUnknown);
  request.mutable_response_status()->set_message(text);
  SimpleResponse response;
  const Outcome unary = client.unary_call(request, {}, response);
  demand_code("UnaryCall", unary, kUnknown);
  demand_equal("UnaryCall, status message", unary.message, text);

  StreamingOutputCallRequest message;
  *message.mutable_response_status() = request.response_status();
  const auto call = client.full_duplex_call({});
  demand(call->write(message), "FullDuplexCall takes no message");
  call->writes_done();
  StreamingOutputCallResponse none;
  demand(!call->read(none), "FullDuplexCall has a response");
  const Outcome duplex = call->finish();
  demand_code("FullDuplexCall", duplex, kUnknown);
  demand_equal("FullDuplexCall, status message", duplex.message, text);
}

void demand_field(const std::string& where, const std::multimap<std::string, std::string>& fields,
                  std::string_view name, std::string_view value) {
  const auto [first, last] = fields.equal_range(std::string(name));
  demand(first != last, where + " has no " + std::string(name));
  demand(std::any_of(first, last, [&](const auto& field) { return field.second == value; }),
         where + ": " + std::string(name) + " has another value");
}

void demand_metadata(const std::string& call, const Outcome& outcome) {
  demand_field(call + ", initial metadata", outcome.initial_metadata, kEchoInitial, kEchoInitialValue);
  demand_field(call + ", trailing metadata", outcome.trailing_metadata, kEchoTrailing, kEchoTrailingValue);
}

void custom_metadata(TestClient& client, const CaseOptions&) {
  CallSettings settings;
  settings.metadata = {{std::string(kEchoInitial), std::string(kEchoInitialValue)},
                       {std::string(kEchoTrailing), std::string(kEchoTrailingValue)}};
  SimpleResponse response;
  const Outcome unary = client.unary_call(large_request(), settings, response);
  demand_ok("UnaryCall", unary);
  demand_zeros("UnaryCall, response", response.payload(), kLargeResponseBytes);
  demand_metadata("UnaryCall", unary);

  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(kLargeResponseBytes);
  request.mutable_payload()->set_body(std::string(kLargeRequestBytes, '\0'));
  const auto call = client.full_duplex_call(settings);
  demand(call->write(request), "FullDuplexCall takes no message");
  call->writes_done();
  StreamingOutputCallResponse first;
  demand(call->read(first), "FullDuplexCall has no response");
  demand_zeros("FullDuplexCall, response", first.payload(), kLargeResponseBytes);
  demand(!call->read(first), "FullDuplexCall has a second response");
  const Outcome duplex = call->finish();
  demand_ok("FullDuplexCall", duplex);
  demand_metadata("FullDuplexCall", duplex);
}

void unimplemented_method(TestClient& client, const CaseOptions&) {
  demand_code("TestService/UnimplementedCall", client.unimplemented_method(), kUnimplemented);
}

void unimplemented_service(TestClient& client, const CaseOptions&) {
  demand_code("UnimplementedService/UnimplementedCall", client.unimplemented_service(), kUnimplemented);
}

// The unary twin of timeout_on_sleeping_server. A server of this service can't be told to sleep in a unary
// call, so there is more to carry than a millisecond can: nearly the 4 MiB limit each way.
void timeout_on_large_unary(TestClient& client, const CaseOptions&) {
  constexpr int kNearLimit = 4 * 1024 * 1024 - 1024;
  SimpleRequest request;
  request.set_response_size(kNearLimit);
  request.mutable_payload()->set_body(std::string(kNearLimit, '\0'));
  CallSettings settings;
  settings.timeout = std::chrono::milliseconds(1);
  SimpleResponse response;
  demand_code("UnaryCall", client.unary_call(request, settings, response), kDeadlineExceeded);
}

constexpr std::array kUnaryCases = {
    TestCase{"empty_unary", "EmptyCall: messages without a byte", empty_unary},
    TestCase{"large_unary", "UnaryCall: 271828 bytes up, 314159 down", large_unary},
    TestCase{"special_status_message", "status text with control characters and all of Unicode",
             special_status_message},
    TestCase{"status_code_and_message", "a status comes back as asked for, unary and in a stream",
             status_code_and_message},
    TestCase{"custom_metadata", "metadata in text and binary, there and back", custom_metadata},
    TestCase{"unimplemented_method", "UNIMPLEMENTED for a method", unimplemented_method},
    TestCase{"unimplemented_service", "UNIMPLEMENTED for a service", unimplemented_service},
    TestCase{"timeout_on_large_unary", "DEADLINE_EXCEEDED for a unary call", timeout_on_large_unary},
};

}  // namespace

std::span<const TestCase> unary_cases() { return kUnaryCases; }

SimpleRequest large_request() {
  SimpleRequest request;
  request.set_response_size(kLargeResponseBytes);
  request.mutable_payload()->set_body(std::string(kLargeRequestBytes, '\0'));
  return request;
}

void call_large_unary(TestClient& client) {
  SimpleResponse response;
  demand_ok("UnaryCall", client.unary_call(large_request(), {}, response));
  demand_zeros("UnaryCall, response", response.payload(), kLargeResponseBytes);
}

}  // namespace hawser::interop
