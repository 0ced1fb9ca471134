// Request bodies that are wrong: gRPC framing, cardinality, compression, sizes, time.
#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

struct Row {
  std::string_view what;
  std::string body;
  std::string grpc_status;
};

TEST_CASE("ServerProtocol: complete bodies that are not one message are INTERNAL") {
  const std::string hello = grpc_message("hello");
  const Row rows[] = {
      {"no message (P-50)", "", "13"},
      {"two messages (P-50)", hello + hello, "13"},
      {"a message and an empty one", hello + grpc_message(""), "13"},
      {"a message and one byte", hello + "x", "13"},
      {"one byte of the prefix (P-49)", hello.substr(0, 1), "13"},
      {"a prefix without its last byte", hello.substr(0, 4), "13"},
      {"a prefix alone", hello.substr(0, 5), "13"},
      {"a message without its last byte", hello.substr(0, 9), "13"},
      {"flag 2 (P-45)", grpc_prefix(5, 2) + "hello", "13"},
      {"flag 255", grpc_prefix(5, 255) + "hello", "13"},
      {"compressed without grpc-encoding (P-56)", grpc_message("hello", true), "13"},
      {"HTML", "<html><body>hello</body></html>", "13"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.handshake();
      server.client.headers(1, request_fields(kEchoPath)).data(1, row.body, true);
      server.feed(chunking);
      CHECK(server.sent().summary().find("HEADERS 1 end") != std::string::npos);
      CHECK(server.status(1) == row.grpc_status);
      CHECK(server.method->started == 0);
      CHECK(server.calls.in_use() == 0);
      CHECK(server.still_serves(3));
    });
  }
}

TEST_CASE("ServerProtocol: HEADERS with END_STREAM carry no message (P-54)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath), {.end_stream = true});
    server.feed(chunking);
    CHECK(server.sent().summary() == "HEADERS 1 end");
    CHECK(server.status(1) == "13");
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: no handler runs before END_STREAM (P-54)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_message("x"));
    server.feed(chunking);
    CHECK(server.method->started == 0);
    // It may come on an empty DATA.
    server.client.data(1, "", true);
    server.feed(chunking);
    CHECK(server.method->started == 1);
    CHECK(server.status(1) == "0");
  });
}

TEST_CASE("ServerProtocol: request trailers end a request as DATA does") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath))
        .data(1, grpc_message("x"))
        .trailers(1, {{"x-late", "1"}});
    server.feed(chunking);
    CHECK(server.method->started == 1);
    CHECK(server.status(1) == "0");
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: trailers of a bomb's size end the connection") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath));
  std::string block = hpack_literal("a", std::string(3500, 'x'), true);
  for (int i = 0; i < 50; ++i) block += hpack_indexed(62);
  server.client.header_block(1, block, {.end_stream = true});
  server.feed();
  CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
  CHECK(server.method->started == 0);
}

TEST_CASE("ServerProtocol: grpc-encoding identity is no encoding (P-56)") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, with(request_fields(kEchoPath), "grpc-encoding", "identity"));
  server.client.data(1, grpc_message("x", true), true);
  server.feed();
  CHECK(server.status(1) == "13");
}

// P-47, P-74: the prefix is enough. The client is told to stop sending once it has its answer.
TEST_CASE("ServerProtocol: a message over the limit is refused before its bytes arrive") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(4 * 1024 * 1024 + 1));
    server.feed(chunking);
    CHECK(server.sent().summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
    CHECK(server.status(1) == "8");
    CHECK(server.calls.in_use() == 0);
    // What was on its way meets a closed stream.
    server.client.data(1, std::string(10'000, 'x')).data(1, "", true);
    server.feed(chunking);
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: a message of exactly the limit is served") {
  server::ServerOptions options;
  options.max_receive_bytes = 100;
  ServerFixture server(options);
  server.handshake();
  server.client.request(1, kEchoPath, std::string(100, 'x')).request(3, kEchoPath, std::string(101, 'x'));
  server.feed();
  CHECK(server.status(1) == "0");
  CHECK(server.status(3) == "8");
}

TEST_CASE("ServerProtocol: a rejected call's body is dropped and its credit given back") {
  server::ServerOptions options;
  options.limits.connection_window_bytes = 70'000;
  ServerFixture server(options);
  server.handshake();
  // Ten times the connection's window, on calls of an unknown method.
  for (http2::StreamId id = 1; id < 141; id += 2) {
    server.client.headers(id, request_fields("/no.Such/Method")).data(id, std::string(10'000, 'x'));
    server.feed();
    CHECK(server.status(id) == "12");
  }
  CHECK(server.goaway() == "none");
  CHECK(server.still_serves(141));
}

TEST_CASE("ServerProtocol: messages in assembly have one limit for the whole connection (S-24)") {
  server::ServerOptions options;
  options.max_assembly_bytes = 10'000;
  ServerFixture server(options);
  server.handshake();
  for (http2::StreamId id = 1; id <= 5; id += 2) {
    server.client.headers(id, request_fields(kEchoPath)).data(id, grpc_prefix(9000) + std::string(4000, 'x'));
  }
  server.feed();
  CHECK(server.status(1) == "(none)");
  CHECK(server.status(3) == "(none)");
  CHECK(server.status(5) == "8");
  // Once others have gone there is room again.
  server.client.reset(1, ErrorCode::kCancel).reset(3, ErrorCode::kCancel);
  server.feed();
  server.client.headers(7, request_fields(kEchoPath)).data(7, grpc_message(std::string(9000, 'x')), true);
  server.feed();
  CHECK(server.status(7) == "0");
}

TEST_CASE("ServerProtocol: DATA in frames of one byte is served and padded DATA too (P-7, P-8)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    const std::string message = grpc_message("one byte a frame");
    server.client.headers(1, request_fields(kEchoPath), {.padding = 100});
    for (std::size_t i = 0; i < message.size(); ++i) server.client.data(1, message.substr(i, 1), false, 255);
    server.client.data(1, "", true, 3);
    server.feed(chunking);
    CHECK(server.sent().body(1) == message);
    CHECK(server.status(1) == "0");
  });
}

TEST_CASE("ServerProtocol: more DATA than the stream window is a flow-control error of that stream") {
  server::ServerOptions options;
  options.limits.stream_window_bytes = 1000;
  ServerFixture server(options);
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(5000) + std::string(1000, 'x'));
  server.feed();
  CHECK(server.sent().summary() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
  CHECK(server.calls.in_use() == 0);
  CHECK(server.still_serves(3));
}

TEST_CASE("ServerProtocol: a request that stops in its body is ended after the body timeout (S-22)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(10) + "half");
    server.feed(chunking);
    CHECK(server.protocol().next_expiry() == kTestStart + 60s);
    server.driver().advance(60s - 1ns);
    CHECK(server.sent().summary().empty());
    server.driver().advance(1ns);
    CHECK(server.sent().summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
    CHECK(server.status(1) == "1");
    CHECK(server.calls.in_use() == 0);
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: each DATA starts the body timeout anew") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(5));
  server.feed();
  for (int i = 0; i < 5; ++i) {
    server.driver().advance(59s);
    server.client.data(1, "x", i == 4);
    server.feed();
  }
  CHECK(server.status(1) == "0");
}

TEST_CASE("ServerProtocol: the body timeout is each stream's own") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request_fields(kEchoPath)).headers(3, request_fields(kEchoPath));
  server.feed();
  server.driver().advance(30s);
  server.client.data(1, grpc_prefix(5));
  server.feed();
  server.driver().advance(30s);
  CHECK(server.status(3) == "1");
  CHECK(server.status(1) == "(none)");
  server.driver().advance(30s);
  CHECK(server.status(1) == "1");
}

TEST_CASE("ServerProtocol: a complete request has no body timeout") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.protocol().next_expiry() == kNever);
  server.driver().advance(24h);
  server.finish_held();
  CHECK(server.status(1) == "0");
}

}  // namespace
}  // namespace hawser::test
