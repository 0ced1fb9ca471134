#include <doctest/doctest.h>

#include "interop/server/echo_calls.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

void check_each_api(const std::shared_ptr<::grpc::Channel>& channel) {
  const auto stub = ::echo::EchoService::NewStub(channel);
  for (const EchoApi& api : kEchoApis) {
    CAPTURE(api.name);
    ::grpc::ClientContext context;
    context.set_deadline(in_seconds(30));
    const EchoOutcome outcome = api.call(*stub, context, echo_request("hello"));
    CHECK_MESSAGE(outcome.status.ok(), outcome.status.error_message());
    CHECK(outcome.response.payload() == "hello");
    CHECK(outcome.response.request_timestamp() == -1'234'567'890'123);
    CHECK(outcome.response.response_timestamp() > 1'600'000'000'000);
    CHECK(outcome.response.server_latency_ns() == 0);
  }
}

}  // namespace

TEST_CASE(
    "Echo: the synchronous, the asynchronous and the callback client of grpc++ get their answer over TCP") {
  EchoServer server;
  check_each_api(server->channel());
}

TEST_CASE("Echo: the three clients of grpc++ get their answer over a UNIX socket") {
  EchoServer server;
  check_each_api(server->unix_channel());
}

TEST_CASE("Echo: payloads come back byte by byte, whatever is in them") {
  EchoServer server;
  const auto channel = server->channel();
  using namespace std::string_literals;
  const std::pair<const char*, std::string> payloads[] = {
      {"empty", ""},
      {"one byte", "x"},
      {"embedded NUL", "a\0b\0"s},
      {"only NUL", "\0"s},
      {"two, three and four bytes of UTF-8", "äöü € \U0001F680 \u4f60\u597d"},
      {"controls", "\t\r\n\x01\x7f"},
      {"a HTTP/2 frame's length", std::string(16384, 'f')},
      {"over the stream window of 64 KiB", std::string(70'000, 'w')},
  };
  for (const auto& row : payloads) {
    CAPTURE(row.first);
    const EchoOutcome outcome = echo(channel, row.second);
    CHECK_MESSAGE(outcome.status.ok(), outcome.status.error_message());
    CHECK(outcome.response.payload() == row.second);
  }
}

TEST_CASE("Echo: an empty request message is a message") {
  EchoServer server;
  const auto stub = ::echo::EchoService::NewStub(server->channel());
  ::grpc::ClientContext context;
  const EchoOutcome outcome = call_sync(*stub, context, {});
  CHECK(outcome.status.ok());
  CHECK(outcome.response.payload().empty());
  CHECK(outcome.response.request_timestamp() == 0);
}

TEST_CASE("Echo: the server's latency is there when it is asked for") {
  EchoServer server;
  const auto stub = ::echo::EchoService::NewStub(server->channel());
  ::grpc::ClientContext context;
  ::echo::EchoRequest request = echo_request("timed");
  request.set_want_server_latency(true);
  const EchoOutcome outcome = call_sync(*stub, context, request);
  CHECK(outcome.status.ok());
  CHECK(outcome.response.server_latency_ns() > 0);
  CHECK(outcome.response.server_latency_ns() < 60'000'000'000);
}

TEST_CASE("Echo: the peer that a client sees is the server's address" * doctest::test_suite(kTcpOnly)) {
  EchoServer server;
  const auto stub = ::echo::EchoService::NewStub(server->channel());
  ::grpc::ClientContext context;
  CHECK(call_sync(*stub, context, echo_request("")).status.ok());
  CHECK(context.peer() == "ipv4:" + server->target());
}

}  // namespace hawser::test
