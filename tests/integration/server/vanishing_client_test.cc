#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"

namespace hawser::test {
namespace {

void start_held_call(RawClient& client, http2::StreamId id) {
  client.script.request(id, kHoldPath, "hold this");
  client.send();
}

}  // namespace

TEST_CASE("Server: a client that vanishes mid-call leaves no descriptor behind") {
  TestServer server(workers(2));
  const FdCount fds;
  for (const bool reset : {false, true}) {
    for (const net::SocketAddress& address : {server.tcp(), server.unix_socket()}) {
      RawClient client(address);
      client.handshake();
      start_held_call(client, 1);
      CHECK(eventually([&] { return server.held().count() == 1; }));
      if (reset) {
        client.vanish();
      } else {
        client.close();
      }
      CHECK(eventually([&] { return server->open_connections() == 0; }));
      CHECK(fds.grown_by() == 0);
      server.held().finish();  // its reply has nowhere to go
    }
  }
  RawClient other(server.tcp());
  CHECK(other.echo());
}

TEST_CASE("Server: many clients that vanish at once are forgotten, and their handlers end when they like") {
  TestServer server(workers(4));
  const FdCount fds;
  {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 40; ++i) {
      clients.push_back(std::make_unique<RawClient>(i % 2 == 0 ? server.tcp() : server.unix_socket()));
      clients.back()->handshake();
      for (http2::StreamId id = 1; id < 7; id += 2) start_held_call(*clients.back(), id);
    }
    CHECK(eventually([&] { return server.held().count() == 120; }));
    CHECK(server->open_connections() == 40);
  }
  CHECK(eventually([&] { return server->open_connections() == 0; }));
  CHECK(fds.grown_by() == 0);
  CHECK(server.held().count() == 120);
  server.held().finish();
  RawClient other(server.tcp());
  CHECK(other.echo());
}

TEST_CASE("Server: a client that vanishes while its reply is written leaves nothing behind") {
  TestServer server;
  const FdCount fds;
  const std::string large(400'000, 'l');  // within a stream's window
  for (const net::SocketAddress& address : {server.tcp(), server.unix_socket(), server.tcp()}) {
    RawClient client(address);
    client.script.preface().settings({{SettingId::kInitialWindowSize, 0x7fffffff}}).settings_ack();
    client.script.window_update(0, 0x7fff0000 - 65535);
    client.send();
    const std::string message = grpc_message(large);
    for (http2::StreamId id = 1; id < 17; id += 2) {
      client.script.headers(id, request_fields(kEchoPath));
      for (std::size_t at = 0; at < message.size(); at += 16'000) {
        client.script.data(id, message.substr(at, 16'000), at + 16'000 >= message.size());
      }
      // The first whole; of the others as much as the server takes while it can't get rid of the replies.
      if (id == 1) {
        client.send();
      } else {
        client.send_some();
      }
    }
    // The reply is on its way and more than the socket holds.
    CHECK(client.receive_until([](FrameParser& frames) { return frames.find(FrameType::kData) != nullptr; }));
    client.vanish();
    CHECK(eventually([&] { return server->open_connections() == 0; }));
  }
  CHECK(fds.grown_by() == 0);
}

TEST_CASE("Server: a client that takes no bytes is closed after the write timeout") {
  server::ServerOptions options = workers(1);
  options.write_timeout = std::chrono::milliseconds(50);
  TestServer server(options);
  RawClient client(server.unix_socket());
  client.script.preface().settings({{SettingId::kInitialWindowSize, 0x7fffffff}}).settings_ack();
  client.script.window_update(0, 0x7fff0000 - 65535);
  const std::string payload(60'000, 'p');
  for (http2::StreamId id = 1; id < 41; id += 2) client.script.request(id, kEchoPath, payload);
  client.send();
  CHECK(eventually([&] { return server->open_connections() == 0; }));
  RawClient other(server.tcp());
  CHECK(other.echo());
}

}  // namespace hawser::test
