// The shape of what a client is answered, whatever the handler's status.
#include <doctest/doctest.h>

#include <set>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

grpc::Status status_of(int code, std::string message = {}) {
  return {static_cast<grpc::StatusCode>(code), std::move(message), {}};
}

// What the client sees of a call whose handler says so.
std::vector<Frame> frames_of(const grpc::Status& status) {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [&](server::ServerCall& call) { call.finish(status); };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  return server.sent().take();
}

}  // namespace

TEST_CASE("ServerProtocol: a reply is headers, a message, and trailers with the status even if OK (P-63)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.request(1, kEchoPath, "ahoy");
    server.feed(chunking);
    const std::vector<Frame> frames = server.sent().take();
    REQUIRE(summary(frames) == "HEADERS 1, DATA 1 (9), HEADERS 1 end");
    CHECK(frames[0].header(":status") == "200");
    CHECK(frames[0].header("content-type") == "application/grpc");
    CHECK(frames[0].header("grpc-status") == "(none)");
    CHECK(frames[2].header(":status") == "(none)");
    CHECK(frames[2].header("grpc-status") == "0");
    CHECK(frames[2].header("grpc-message") == "(none)");
  });
}

TEST_CASE("ServerProtocol: a failure without a message is Trailers-Only (P-64)") {
  const std::vector<Frame> frames = frames_of(status_of(5, "no such ship"));
  REQUIRE(summary(frames) == "HEADERS 1 end");
  CHECK(frames[0].header(":status") == "200");
  CHECK(frames[0].header("content-type") == "application/grpc");
  CHECK(frames[0].header("grpc-status") == "5");
  CHECK(frames[0].header("grpc-message") == "no such ship");
}

TEST_CASE("ServerProtocol: each code is its number, and HTTP's is 200 (P-65)") {
  for (int code = 1; code <= 16; ++code) {
    CAPTURE(code);
    const std::vector<Frame> frames = frames_of(status_of(code));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].header(":status") == "200");
    CHECK(frames[0].header("grpc-status") == std::to_string(code));
  }
}

TEST_CASE(
    "ServerProtocol: a message of the status is percent-encoded UTF-8, an empty one isn't sent (P-66)") {
  CHECK(frames_of(status_of(2))[0].header("grpc-message") == "(none)");
  CHECK(frames_of(status_of(2, "100 %"))[0].header("grpc-message") == "100 %25");
  CHECK(frames_of(status_of(2, "a\r\nb: c"))[0].header("grpc-message") == "a%0D%0Ab: c");
  CHECK(frames_of(status_of(2, "\xE2\x98\xBA"))[0].header("grpc-message") == "%E2%98%BA");
  CHECK(frames_of(status_of(2, "\xFF!"))[0].header("grpc-message") == "%EF%BF%BD!");
}

// INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, DATA_LOSS are the
// application's. What is no gRPC at all gets HTTP 415, and INVALID_ARGUMENT beside it (P-15).
TEST_CASE("ServerProtocol: no fault of a request is answered with a code of the application's (P-76)") {
  const std::set<std::string> reserved = {"3", "5", "6", "9", "10", "11", "15"};
  const Fields good = request_fields(kEchoPath);
  const auto replaced = [&](std::string_view name, std::string value) {
    Fields fields = good;
    for (Field& field : fields) {
      if (field.name == name) field.value = value;
    }
    return fields;
  };
  const std::string message = grpc_message("x");
  const struct {
    std::string_view what;
    Fields fields;
    std::string body;
  } kFaults[] = {
      {"GET", replaced(":method", "GET"), message},
      {"an unknown codec", replaced("content-type", "application/grpc+json"), message},
      {"an unknown service", replaced(":path", "/no.Such/Method"), message},
      {"an unknown method", replaced(":path", "/test.Echo/Missing"), message},
      {"no path", replaced(":path", "/"), message},
      {"a bad timeout", with(good, "grpc-timeout", "1x"), message},
      {"no time", with(good, "grpc-timeout", "0S"), message},
      {"bad base64", with(good, "x-bin", "!"), message},
      {"an unknown encoding", with(good, "grpc-encoding", "br"), grpc_message("x", true)},
      {"compressed without saying how", good, grpc_message("x", true)},
      {"large metadata", with(good, "x", std::string(20'000, 'x')), message},
      {"no message", good, ""},
      {"two messages", good, message + message},
      {"half a message", good, message.substr(0, 3)},
      {"a bad flag", good, grpc_prefix(1, 7) + "x"},
      {"a large message", good, grpc_prefix(0x7FFF'FFFF)},
  };
  for (const auto& fault : kFaults) {
    CAPTURE(fault.what);
    ServerFixture server;
    server.handshake();
    server.client.headers(1, fault.fields).data(1, fault.body, true);
    server.feed();
    CHECK(server.method->started == 0);
    CHECK(server.status(1) != "(none)");
    CHECK(server.status(1) != "0");
    CHECK(reserved.count(server.status(1)) == 0);
  }
}

}  // namespace hawser::test
