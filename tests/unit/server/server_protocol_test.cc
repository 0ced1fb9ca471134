// Calls that go well, and the ways in which a client leaves them.
#include "hawser/server/server_protocol.h"

#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

TEST_CASE("ServerProtocol: greets before the client has said anything") {
  ServerFixture server;
  CHECK(server.sent().summary() == "SETTINGS, WINDOW_UPDATE +4128769");
  CHECK(server.sent().frames()[0].setting(SettingId::kMaxConcurrentStreams) == 128);
}

TEST_CASE("ServerProtocol: a unary call is answered") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.client.client_start().settings_ack().request(1, kEchoPath, "hello");
    server.feed(chunking);
    CHECK(server.sent().summary() ==
          "SETTINGS, WINDOW_UPDATE +4128769, SETTINGS ack, HEADERS 1, DATA 1 (10), HEADERS 1 end");
    const Frame* headers = server.sent().find(FrameType::kHeaders, 1);
    CHECK(headers->fields == Fields{{":status", "200"}, {"content-type", "application/grpc"}});
    CHECK(server.sent().body(1) == grpc_message("hello"));
    CHECK(server.sent().last_headers(1).fields == Fields{{"grpc-status", "0"}});
    CHECK(server.protocol().running_calls() == 0);
    CHECK(server.calls.in_use() == 0);
  });
}

TEST_CASE("ServerProtocol: an empty message is a message") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.request(1, kEchoPath, "");
    server.feed(chunking);
    CHECK(server.sent().body(1) == grpc_message(""));
    CHECK(server.status(1) == "0");
  });
}

TEST_CASE("ServerProtocol: the answer to a PING goes ahead of DATA (P-11)") {
  ServerFixture server;
  server.handshake();
  server.client.request(1, kEchoPath, std::string(16'000, 'x')).ping(7);
  server.feed();
  CHECK(server.sent().summary().starts_with("PING ack, HEADERS 1, DATA 1"));
}

TEST_CASE("ServerProtocol: calls of one connection don't wait for each other") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "slow").request(3, kEchoPath, "slow too");
  server.feed();
  CHECK(server.protocol().running_calls() == 2);
  CHECK(server.still_serves(5));
  server.finish_held("first");
  server.finish_held("second");
  CHECK(server.sent().body(1) == grpc_message("first"));
  CHECK(server.sent().body(3) == grpc_message("second"));
  CHECK(server.protocol().running_calls() == 0);
}

TEST_CASE("ServerProtocol: a reply finished later asks the pump for a drain") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK_FALSE(server.driver().output_ready());
  server.held.front()->finish({});
  server.held.clear();
  CHECK(server.driver().output_ready());
  server.driver().drain();
  CHECK(server.status(1) == "0");
}

TEST_CASE("ServerProtocol: a handler sees the request's head") {
  ServerFixture server;
  server.handshake();
  Fields fields = with(request_fields(kEchoPath), "x-id", "4711");
  fields = with(with(fields, "blob-bin", "AQI,Aw=="), "grpc-timeout", "5S");
  server.method->on_start = [&](server::ServerCall& call) {
    CHECK(call.head().path() == kEchoPath);
    CHECK(call.head().authority() == "localhost");
    CHECK(call.head().metadata().find("x-id") == "4711");
    CHECK(call.head().metadata().find("user-agent") == "grpc-test/1.0");
    CHECK(call.head().metadata().find("blob-bin") == std::string_view("\x01\x02", 2));
    CHECK(call.head().metadata().find("te").data() == nullptr);
    CHECK(call.head().metadata().find("grpc-timeout").data() == nullptr);
    CHECK(call.expires_at() == kTestStart + 5s);
    CHECK(call.received_at() == kTestStart);
    CHECK(call.peer().uri == "ipv4:192.0.2.1:4711");
    CHECK(call.worker() == 0);
    reply_with(call, "");
  };
  server.client.headers(1, fields).data(1, grpc_message("x"), true);
  server.feed();
  CHECK(server.method->started == 1);
}

TEST_CASE("ServerProtocol: metadata of the reply goes where it belongs") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.add_initial_metadata("x-first", "1"));
    CHECK(call.add_trailing_metadata("x-last-bin", std::string_view("\0\xff", 2)));
    CHECK_FALSE(call.add_initial_metadata("grpc-status", "0"));
    CHECK_FALSE(call.add_trailing_metadata("x-split", "a\r\nb"));
    reply_with(call, "m");
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.sent().find(FrameType::kHeaders, 1)->header("x-first") == "1");
  CHECK(server.sent().last_headers(1).header("x-last-bin") == "AP8");
  CHECK(server.sent().last_headers(1).header("x-first") == "(none)");
  CHECK(server.status(1) == "0");
}

TEST_CASE("ServerProtocol: a status without a message is trailers only") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    REQUIRE(call.begin_message(3));  // begun and given up
    CHECK(call.add_trailing_metadata("x-last", "2"));
    CHECK(call.add_trailing_metadata("grpc-retry-pushback-ms", "40"));
    call.finish({grpc::StatusCode::kFailedPrecondition,
                 "not 100% r\xC3\xA4"
                 "dy",
                 "details"});
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.sent().summary() == "HEADERS 1 end");
  const Frame headers = server.sent().last_headers(1);
  CHECK(headers.header(":status") == "200");
  CHECK(headers.header("content-type") == "application/grpc");
  CHECK(headers.header("grpc-status") == "9");
  CHECK(headers.header("grpc-message") == "not 100%25 r%C3%A4dy");
  CHECK(headers.header("grpc-status-details-bin") == "ZGV0YWlscw");
  CHECK(headers.header("x-last") == "2");
  CHECK(headers.header("grpc-retry-pushback-ms") == "40");
}

TEST_CASE("ServerProtocol: a failed call's initial metadata stay in a block of their own") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.add_initial_metadata("x-first", "1"));
    CHECK(call.add_trailing_metadata("x-last", "2"));
    call.finish({grpc::StatusCode::kAborted, "why", ""});
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.sent().summary() == "HEADERS 1, HEADERS 1 end");
  CHECK(server.sent().find(FrameType::kHeaders, 1)->fields ==
        Fields{{":status", "200"}, {"content-type", "application/grpc"}, {"x-first", "1"}});
  CHECK(server.sent().last_headers(1).fields ==
        Fields{{"grpc-status", "10"}, {"x-last", "2"}, {"grpc-message", "why"}});
}

TEST_CASE("ServerProtocol: metadata of many fields arrive whole and in order") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    for (int i = 0; i < 40; ++i) {
      CHECK(call.add_initial_metadata("x-first", std::to_string(i)));
      CHECK(call.add_trailing_metadata("x-last", std::to_string(i)));
    }
    reply_with(call, "m");
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  const Fields first = server.sent().find(FrameType::kHeaders, 1)->fields;
  const Fields last = server.sent().last_headers(1).fields;
  REQUIRE(first.size() == 42);
  REQUIRE(last.size() == 41);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(first[i + 2] == Field{"x-first", std::to_string(i)});
    CHECK(last[i + 1] == Field{"x-last", std::to_string(i)});
  }
}

// nghttp2 sends no block over 64 KiB, and says so to nobody.
TEST_CASE("ServerProtocol: metadata that can't be sent end the call instead of hanging it") {
  const auto answered = [](bool initial, bool trailing, bool ok) {
    ServerFixture server;
    server.handshake();
    server.method->on_start = [&](server::ServerCall& call) {
      const std::string large(100'000, 'x');
      if (initial) CHECK(call.add_initial_metadata("x-large", large));
      if (trailing) CHECK(call.add_trailing_metadata("x-large", large));
      if (ok) return reply_with(call, "m");
      call.finish({grpc::StatusCode::kAborted, "", ""});
    };
    server.client.request(1, kEchoPath, "x");
    server.feed();
    CHECK(server.calls.in_use() == 0);
    CHECK(server.still_serves(3));
    return server.status(1);
  };
  // A call that went well can't say so: RESOURCE_EXHAUSTED. One that failed keeps its status.
  CHECK(answered(true, false, true) == "8");
  CHECK(answered(false, true, true) == "8");
  CHECK(answered(true, true, true) == "8");
  CHECK(answered(true, false, false) == "10");
  CHECK(answered(false, true, false) == "10");
  CHECK(answered(true, true, false) == "10");
}

TEST_CASE("ServerProtocol: a code outside gRPC's range is UNKNOWN") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    call.finish({static_cast<grpc::StatusCode>(99), "odd", ""});
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.status(1) == "2");
}

TEST_CASE("ServerProtocol: a reply over the send limit is refused before it is written") {
  server::ServerOptions options;
  options.max_send_bytes = 10;
  ServerFixture server(options);
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    const auto room = call.begin_message(11);
    REQUIRE_FALSE(room);
    call.finish({static_cast<grpc::StatusCode>(room.error().code), room.error().detail, ""});
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.status(1) == "8");
}

// P-42: stock clients decode 8 KiB of headers; a status that doesn't fit would be lost altogether.
TEST_CASE("ServerProtocol: the status arrives within the peer's header list limit") {
  ServerFixture server;
  server.client.preface().settings({{SettingId::kMaxHeaderListSize, 1000}}).settings_ack();
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.add_trailing_metadata("x-large", std::string(2000, 'x')));
    call.finish({grpc::StatusCode::kNotFound, std::string(5000, 'm'), std::string(3000, 'd')});
  };
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.status(1) == "5");
  std::size_t list_bytes = 0;
  for (const Field& field : server.sent().last_headers(1).fields) {
    list_bytes += field.name.size() + field.value.size() + 32;
  }
  CHECK(list_bytes <= 1000);
  CHECK(server.status_message(1).starts_with("mmmm"));
}

TEST_CASE("ServerProtocol: large messages pass in both directions") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.client.preface().settings({{SettingId::kInitialWindowSize, 10'000'000}}).settings_ack();
    server.client.window_update(0, 10'000'000).headers(1, request_fields(kEchoPath));
    const std::string message = grpc_message(std::string(200'000, 'L'));
    for (std::size_t i = 0; i < message.size(); i += 10'000) {
      server.client.data(1, message.substr(i, 10'000), i + 10'000 >= message.size());
    }
    server.feed(chunking);
    CHECK(server.sent().body(1) == message);
    CHECK(server.status(1) == "0");
  });
}

TEST_CASE("ServerProtocol: credit is given back for a message longer than the window") {
  server::ServerOptions options;
  options.limits.stream_window_bytes = 1000;
  ServerFixture server(options);
  server.client.preface().settings({{SettingId::kInitialWindowSize, 10'000'000}}).settings_ack();
  server.client.window_update(0, 10'000'000).headers(1, request_fields(kEchoPath));
  server.feed();
  const std::string message = grpc_message(std::string(100'000, 'W'));
  std::int64_t window = 1000;
  std::size_t sent = 0;
  while (sent < message.size()) {
    const std::size_t size = std::min(message.size() - sent, static_cast<std::size_t>(window));
    REQUIRE(size > 0);  // the server never lets a client starve
    server.client.data(1, std::string_view(message).substr(sent, size), sent + size == message.size());
    sent += size;
    window -= static_cast<std::int64_t>(size);
    server.sent().take();
    server.feed();
    for (const Frame& frame : server.sent().frames()) {
      if (frame.type == FrameType::kWindowUpdate && frame.id == 1) window += frame.increment();
    }
  }
  CHECK(server.status(1) == "0");
}

TEST_CASE("ServerProtocol: a client's reset cancels the handler, which keeps its slot until it ends") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "x").reset(1, ErrorCode::kCancel);
    server.feed(chunking);
    REQUIRE(server.held.size() == 1);
    CHECK(server.held.front()->is_cancelled());
    CHECK(server.protocol().running_calls() == 1);
    CHECK(server.calls.in_use() == 1);
    server.finish_held();
    CHECK(server.protocol().running_calls() == 0);
    CHECK(server.calls.in_use() == 0);
    CHECK(server.sent().find(FrameType::kHeaders, 1) == nullptr);
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: a reset in the middle of a request forgets the call") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, request_fields(kEchoPath)).data(1, "\0\0").reset(1, ErrorCode::kCancel);
    server.feed(chunking);
    CHECK(server.method->started == 0);
    CHECK(server.calls.in_use() == 0);
    CHECK(server.sent().summary().empty());
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: a reset between the reply and its sending drops the reply") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  server::ServerCall& call = *server.held.front();
  server.held.clear();
  CHECK(call.add_initial_metadata("x-first", "gone before it is sent"));
  reply_with(call, "reply");
  server.client.reset(1, ErrorCode::kCancel);
  server.feed();
  CHECK(server.sent().find(FrameType::kHeaders, 1) == nullptr);
  CHECK(server.calls.in_use() == 0);
  CHECK(server.still_serves(3));
}

TEST_CASE("ServerProtocol: the cancel callback runs once, and may end the call") {
  struct Handler {
    void on_cancel() {
      ++cancels;
      call->finish({grpc::StatusCode::kCancelled, "", ""});
    }
    server::ServerCall* call = nullptr;
    int cancels = 0;
  } handler;
  ServerFixture server;
  server.handshake();
  server.method->on_start = [&](server::ServerCall& call) {
    handler.call = &call;
    call.set_cancel_callback(Delegate<void()>::bind<&Handler::on_cancel>(handler));
  };
  SUBCASE("by a reset") {
    server.client.request(1, kEchoPath, "x").reset(1, ErrorCode::kCancel);
    server.feed();
  }
  SUBCASE("by the end of the connection") {
    server.client.request(1, kEchoPath, "x");
    server.feed();
    server.driver().disconnect(ECONNRESET);
  }
  SUBCASE("by the deadline") {
    server.client.headers(1, with(request_fields(kEchoPath), "grpc-timeout", "1S"));
    server.client.data(1, grpc_message("x"), true);
    server.feed();
    server.driver().advance(2s);
  }
  CHECK(handler.cancels == 1);
  CHECK(server.protocol().running_calls() == 0);
  CHECK(server.calls.in_use() == 0);
}

TEST_CASE("ServerProtocol: handlers outlive their connection") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x").request(3, kEchoPath, "y").headers(5, request_fields(kEchoPath));
  server.feed();
  SUBCASE("that was cut") { server.driver().disconnect(ECONNRESET); }
  SUBCASE("that was destroyed") { server.destroy_connection(); }
  SUBCASE("that was cut and destroyed") {
    server.driver().disconnect();
    server.destroy_connection();
  }
  REQUIRE(server.held.size() == 2);
  CHECK(server.calls.in_use() == 2);
  CHECK(server.held[0]->is_cancelled());
  CHECK(server.held[1]->is_cancelled());
  CHECK(server.held[0]->peer().uri == "ipv4:192.0.2.1:4711");
  reply_with(*server.held[0], "for nobody");
  server.held[1]->finish({grpc::StatusCode::kInternal, "", ""});
  server.held.clear();
  CHECK(server.calls.in_use() == 0);
}

TEST_CASE("ServerProtocol: calls are reused for other connections") {
  ServerFixture server;
  for (int connection = 0; connection < 3; ++connection) {
    server.handshake();
    server.hold_calls();
    server.client.request(1, kEchoPath, "x").headers(3, request_fields(kEchoPath)).data(3, "\0");
    server.feed();
    CHECK_FALSE(server.held.front()->is_cancelled());
    server.finish_held();
    CHECK(server.status(1) == "0");
    server.connect();
    CHECK(server.calls.in_use() == 0);
  }
}

TEST_CASE("ServerProtocol: frames of no type and PINGs are answered as HTTP/2 says") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.frame(0x42, 0, 0, "unknown").ping(7).request(1, kEchoPath, "x").priority(1, 0);
    server.feed(chunking);
    CHECK(server.sent().count(FrameType::kPing) == 1);
    CHECK(server.status(1) == "0");
  });
}

}  // namespace
}  // namespace hawser::test
