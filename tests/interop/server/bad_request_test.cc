#include <doctest/doctest.h>

#include <string>

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "interop/server/echo_calls.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using namespace std::string_literals;

// A unary call of any path with any bytes.
::grpc::Status call_raw(const std::shared_ptr<::grpc::Channel>& channel, const std::string& path,
                        const std::string& bytes) {
  ::grpc::GenericStub stub(channel);
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(30));
  ::grpc::CompletionQueue queue;
  const ::grpc::Slice slice(bytes);
  const ::grpc::ByteBuffer request(&slice, 1);
  const auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
  call->StartCall();
  ::grpc::ByteBuffer response;
  ::grpc::Status status;
  call->Finish(&response, &status, &status);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

constexpr const char* kEcho = "/echo.EchoService/Echo";

}  // namespace

TEST_CASE("Bad request: bytes that are no EchoRequest are INTERNAL and name the type") {
  EchoServer server;
  const auto channel = server->channel();
  const std::string bad[] = {"\xff\xff\xff"s, "\x0a\x05shor"s, "\x0a"s, "\x08"s, "\x00"s};
  for (const std::string& bytes : bad) {
    const ::grpc::Status status = call_raw(channel, kEcho, bytes);
    CHECK(status.error_code() == StatusCode::INTERNAL);
    CHECK(status.error_message().find("echo.EchoRequest") != std::string::npos);
  }
  CHECK(echo(channel, "still here").status.ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Bad request: a string that is no UTF-8 is INTERNAL") {
  EchoServer server;
  const auto channel = server->channel();
  const std::string bad[] = {"\x0a\x01\xff"s, "\x0a\x02\xc0\x80"s, "\x0a\x03\xed\xa0\x80"s,
                             "\x0a\x04\xf4\x90\x80\x80"s};
  for (const std::string& bytes : bad) {
    CHECK(call_raw(channel, kEcho, bytes).error_code() == StatusCode::INTERNAL);
  }
  CHECK(call_raw(channel, kEcho, "\x0a\x02\xc3\xa4"s).ok());
}

TEST_CASE("Bad request: unknown fields of a newer client are no fault") {
  EchoServer server;
  CHECK(call_raw(server->channel(), kEcho, "\xa2\x06\x03new"s).ok());
}

TEST_CASE("Bad request: unknown services and methods are UNIMPLEMENTED by name") {
  EchoServer server;
  const auto channel = server->channel();
  const std::pair<std::string, std::string> paths[] = {
      {"/echo.EchoService/Shout", "unknown method Shout of service echo.EchoService"},
      {"/echo.Nowhere/Echo", "unknown service echo.Nowhere"},
      {"/Echo/Echo", "unknown service Echo"},
      {"/echo.EchoService/echo", "unknown method echo of service echo.EchoService"},
      {"/a/echo.EchoService/Echo", "unknown service a/echo.EchoService"},
      {"/echo.EchoService/Echo?x=1", "unknown method Echo?x=1 of service echo.EchoService"},
  };
  for (const auto& row : paths) {
    CAPTURE(row.first);
    const ::grpc::Status status = call_raw(channel, row.first, "");
    CHECK(status.error_code() == StatusCode::UNIMPLEMENTED);
    CHECK(status.error_message() == row.second);
  }
  for (const char* path : {"//echo.EchoService/Echo", "/Echo", "/", "/echo.EchoService/", "//"}) {
    CAPTURE(path);
    CHECK(call_raw(channel, path, "").error_code() == StatusCode::UNIMPLEMENTED);
  }
  CHECK(call_raw(channel, kEcho, "").ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Bad request: the body of an unknown method is dropped and its window given back") {
  EchoServer server;
  const auto channel = server->channel();
  const std::string large(3 * 1024 * 1024, 'd');
  for (int i = 0; i < 10; ++i) {
    CHECK(call_raw(channel, "/echo.EchoService/Shout", large).error_code() == StatusCode::UNIMPLEMENTED);
  }
  CHECK(echo(channel, std::string(1024 * 1024, 'e')).status.ok());
}

}  // namespace hawser::test
