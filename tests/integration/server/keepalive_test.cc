// Clients that have gone without a word: the server finds out by asking (P-90).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

#include <doctest/doctest.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

server::ServerOptions asking(Duration time, Duration timeout) {
  server::ServerOptions options = workers(1);
  options.keepalive_time = options.vsock_keepalive_time = time;
  options.keepalive_timeout = options.vsock_keepalive_timeout = timeout;
  return options;
}

const auto kPing = [](FrameParser& frames) { return frames.find(FrameType::kPing) != nullptr; };

// TCP_USER_TIMEOUT of the server's end of a connection, which is a descriptor of this process too; -1: there
// is no such descriptor.
int user_timeout_ms_towards(const net::SocketAddress& client) {
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (size != client.size() || std::memcmp(&peer, client.data(), size) != 0) continue;
    unsigned int timeout_ms = 0;
    size = sizeof timeout_ms;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size) != 0) continue;
    return static_cast<int>(timeout_ms);
  }
  return -1;
}

}  // namespace

TEST_CASE("Keepalive: unacknowledged output is bounded as long as keepalive is on (P-93)" *
          doctest::test_suite(kTcpOnly)) {
  struct {
    Duration keepalive_time;
    Duration keepalive_timeout;
    int expected_ms;
  } const kCases[] = {{2h, 20s, 20'000}, {1s, 3s, 3000}, {Duration::max(), 20s, 0}};
  for (const auto& one : kCases) {
    server::ServerOptions options = workers(1);
    options.keepalive_time = one.keepalive_time;
    options.keepalive_timeout = one.keepalive_timeout;
    TestServer server(options);
    RawClient client(server.tcp());
    CHECK(client.echo());
    CHECK(user_timeout_ms_towards(client.local_address()) == one.expected_ms);
  }
}

TEST_CASE("Keepalive: a client that reads and never answers a PING is let go (P-90)") {
  TestServer server(asking(50ms, 100ms));
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
  TestServer server(asking(50ms, 20s));
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
  TestServer server(asking(500ms, 500ms));  // its calls come before that
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
