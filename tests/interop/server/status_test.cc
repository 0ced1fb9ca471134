#include <doctest/doctest.h>

#include <stdexcept>

#include "interop/server/probes.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using namespace std::string_literals;

// Fails with the code, the message and the details that the request holds.
SyncProbe::Function fail_as_asked() {
  return [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
    reply.set_text("never sent");
    return ::grpc::Status(static_cast<StatusCode>(request.number()), request.text(), request.blob());
  };
}

::probe::Request failure(std::int64_t code, const std::string& message, const std::string& details = {}) {
  ::probe::Request request = request_with(message);
  request.set_number(code);
  request.set_blob(details);
  return request;
}

}  // namespace

TEST_CASE("Status: every code from 1 to 16 reaches the client with its message") {
  SyncProbeServer server(fail_as_asked());
  const auto channel = server->channel();
  for (int code = 1; code <= 16; ++code) {
    CAPTURE(code);
    ProbeCall call(channel, failure(code, "failed with " + std::to_string(code)));
    CHECK(static_cast<int>(call.status().error_code()) == code);
    CHECK(call.status().error_message() == "failed with " + std::to_string(code));
    CHECK(call.status().error_details().empty());
    CHECK(call.reply().text().empty());
  }
}

TEST_CASE("Status: a code outside gRPC's is UNKNOWN") {
  SyncProbeServer server(fail_as_asked());
  const auto channel = server->channel();
  for (const int code : {17, 31, -1}) {
    CAPTURE(code);
    ProbeCall call(channel, failure(code, "odd"));
    CHECK(call.status().error_code() == StatusCode::UNKNOWN);
    CHECK(call.status().error_message() == "odd");
  }
}

TEST_CASE("Status: messages survive tabs, line ends, percent signs and characters of every plane") {
  SyncProbeServer server(fail_as_asked());
  const auto channel = server->channel();
  const std::string messages[] = {
      "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n",
      "100% of it",
      "%41 is not A",
      "%",
      " blanks around ",
      "a\0b"s,
      "\x7f",
      "",
      "~!@#$^&*()"};
  for (const std::string& message : messages) {
    CAPTURE(message);
    ProbeCall call(channel, failure(2, message));
    CHECK(call.status().error_code() == StatusCode::UNKNOWN);
    CHECK(call.status().error_message() == message);
  }
}

TEST_CASE("Status: error details come as the bytes that the handler gave") {
  SyncProbeServer server(fail_as_asked());
  const std::string details = "\x08\x05\x12\x00\xff\xfe binary"s + std::string(500, '\x80');
  ProbeCall call(server->channel(), failure(9, "with details", details));
  CHECK(call.status().error_code() == StatusCode::FAILED_PRECONDITION);
  CHECK(call.status().error_message() == "with details");
  CHECK((call.status().error_details() == details));
}

TEST_CASE("Status: a message longer than the client takes is cut, and the code still arrives") {
  SyncProbeServer server(fail_as_asked());
  const auto channel = server->channel();
  for (const std::string& message : {std::string(20'000, 'x'), std::string(20'000, '\n')}) {
    ProbeCall call(channel, failure(5, message));
    CHECK(call.status().error_code() == StatusCode::NOT_FOUND);
    CHECK(call.status().error_message().size() > 1000);
    CHECK(message.starts_with(call.status().error_message()));
  }
}

TEST_CASE("Status: a failed call with more metadata than the client takes still ends with its code") {
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply&) {
        for (int i = 0; i < request.number(); ++i) {
          context.AddTrailingMetadata("x-" + std::to_string(i), std::string(1000, 'm'));
        }
        return ::grpc::Status(StatusCode::ABORTED, "and then this");
      });
  const auto channel = server->channel();
  for (const int fields : {3, 30}) {
    CAPTURE(fields);
    ::probe::Request request;
    request.set_number(fields);
    ProbeCall call(channel, request);
    CHECK(call.status().error_code() == StatusCode::ABORTED);
    CHECK(call.status().error_message() == "and then this");
  }
}

TEST_CASE("Status: a handler that throws ends its call with UNKNOWN and no other") {
  SyncProbeServer server(
      [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply&) -> ::grpc::Status {
        if (request.text() == "int") throw 42;
        if (!request.text().empty()) throw std::runtime_error("thrown: " + request.text());
        return ::grpc::Status::OK;
      });
  const auto channel = server->channel();
  ProbeCall thrown(channel, request_with("on purpose"));
  CHECK(thrown.status().error_code() == StatusCode::UNKNOWN);
  CHECK(thrown.status().error_message().find("thrown: on purpose") != std::string::npos);
  ProbeCall number(channel, request_with("int"));
  CHECK(number.status().error_code() == StatusCode::UNKNOWN);
  ProbeCall good(channel);
  CHECK(good.status().ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Status: a method that was left out and a service that is not there are UNIMPLEMENTED by name") {
  SyncProbeServer server(fail_as_asked());
  const auto channel = server->channel();
  const auto stub = ::probe::Probe::NewStub(channel);
  ::grpc::ClientContext context;
  ::probe::Reply reply;
  const ::grpc::Status status = stub->Other(&context, {}, &reply);
  CHECK(status.error_code() == StatusCode::UNIMPLEMENTED);
  CHECK(status.error_message() == "unknown method Other of service probe.Probe");

  ::grpc::ClientContext stream_context;
  const auto reader = stub->Watch(&stream_context, {});
  CHECK_FALSE(reader->Read(&reply));
  CHECK(reader->Finish().error_code() == StatusCode::UNIMPLEMENTED);
}

TEST_CASE("Status: TryCancel of a synchronous handler is CANCELLED for the client") {
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply&) {
        if (request.text() == "cancel") context.TryCancel();
        return ::grpc::Status::OK;
      });
  const auto channel = server->channel();
  for (int i = 0; i < 3; ++i) {
    CHECK(ProbeCall(channel, request_with("cancel")).status().error_code() == StatusCode::CANCELLED);
    CHECK(ProbeCall(channel).status().ok());
  }
}

}  // namespace hawser::test
