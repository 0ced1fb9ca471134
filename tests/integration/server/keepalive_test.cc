// Clients that have gone without a word: the server finds out by asking (P-90).
#include <doctest/doctest.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

server::ServerOptions asking_often() {
  server::ServerOptions options = workers(1);
  options.keepalive_time = 50ms;
  options.keepalive_timeout = 100ms;
  return options;
}

const auto kPing = [](FrameParser& frames) { return frames.find(FrameType::kPing) != nullptr; };

}  // namespace

TEST_CASE("Keepalive: a client that reads and never answers a PING is let go (P-90)") {
  TestServer server(asking_often());
  for (const net::SocketAddress& address : {server.tcp(), server.unix_socket()}) {
    RawClient client(address);
    client.handshake();
    CHECK(client.receive_until(kPing));
    CHECK(client.receive_end());
    REQUIRE(client.frames.find(FrameType::kGoaway) != nullptr);
    CHECK(client.frames.find(FrameType::kGoaway)->error_code() == http2::ErrorCode::kNoError);
    CHECK(eventually([&] { return server->open_connections() == 0; }));
  }
}

TEST_CASE("Keepalive: a client that answers is kept (P-90)") {
  TestServer server(asking_often());
  RawClient client(server.tcp());
  client.handshake();
  for (int i = 0; i < 5; ++i) {
    client.frames.take();
    REQUIRE(client.receive_until(kPing));
    client.script.frame(FrameType::kPing, kFlagAck, 0, client.frames.find(FrameType::kPing)->payload);
    client.send();
  }
  CHECK(client.echo());
}

// Its socket takes nothing more, not even the GOAWAY, and is held until the write timeout: handlers are told
// before.
TEST_CASE("Keepalive: a client that stopped reading is found out, and its calls are cancelled (P-90)") {
  TestServer server(asking_often());
  RawClient client(server.unix_socket());
  client.script.preface().settings({{SettingId::kInitialWindowSize, 0x7fffffff}}).settings_ack();
  client.script.window_update(0, 0x70000000);
  client.script.request(1, kHoldPath, "wait");
  // Replies that fill the socket, and then what the server keeps for it.
  const std::string message(16'000, 'x');
  for (http2::StreamId id = 3; id < 203; id += 2) client.script.request(id, kEchoPath, message);
  client.send();
  CHECK(eventually([&] { return server.held().cancelled() == 1; }));
  CHECK(server->open_connections() == 1);
  client.close();
  CHECK(eventually([&] { return server->open_connections() == 0; }));
}

}  // namespace hawser::test
