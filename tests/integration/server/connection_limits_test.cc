#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/test_family.h"

namespace hawser::test {

TEST_CASE("Server: a connection over the limit is closed at once, and the others go on") {
  server::ServerOptions options = workers(2);
  options.max_connections = 3;
  TestServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(i == 1 ? server.unix_socket() : server.tcp()));
    CHECK(clients.back()->echo());
  }
  for (const net::SocketAddress& address : {server.tcp(), server.unix_socket()}) {
    RawClient over(address);
    CHECK(over.receive_end());
    CHECK(over.frames.frames().empty());
  }
  CHECK(server->open_connections() == 3);
  for (const auto& client : clients) CHECK(client->echo(3));
}

TEST_CASE("Server: a connection that closes makes room for another") {
  server::ServerOptions options = workers(1);
  options.max_connections = 1;
  TestServer server(options);
  for (int i = 0; i < 10; ++i) {
    RawClient client(server.tcp());
    CHECK(client.echo());
    client.close();
    CHECK(eventually([&] { return server->open_connections() == 0; }));
  }
}

TEST_CASE("Server: one peer can't take all connections" * doctest::test_suite(kTcpOnly)) {
  server::ServerOptions options = workers(1);
  options.max_connections_per_peer = 2;
  TestServer server(options);
  RawClient first(server.tcp());
  RawClient second(server.tcp());
  CHECK(first.echo());
  CHECK(second.echo());
  RawClient third(server.tcp());
  CHECK(third.receive_end());
  // Another address of this machine, and UNIX sockets, which have none.
  RawClient elsewhere(server.tcp(), "127.0.0.2");
  CHECK(elsewhere.echo());
  RawClient unix_a(server.unix_socket());
  RawClient unix_b(server.unix_socket());
  RawClient unix_c(server.unix_socket());
  CHECK(unix_a.echo());
  CHECK(unix_b.echo());
  CHECK(unix_c.echo());
  CHECK(server->open_connections() == 6);
}

TEST_CASE("Server: a refused connection is in the log") {
  struct CountingSink final : log::Sink {
    bool enabled(log::Level) const override { return true; }
    void write(log::Level level, std::string_view message, std::initializer_list<log::Field>) override {
      if (level == log::Level::kWarning && message.find("refused") != std::string_view::npos) ++refusals;
    }
    std::atomic<int> refusals{0};
  };
  CountingSink sink;
  server::ServerOptions options = workers(1);
  options.max_connections = 0;
  options.log = &sink;
  TestServer server(options);
  RawClient refused(server.tcp());
  CHECK(refused.receive_end());
  CHECK(sink.refusals == 1);
}

}  // namespace hawser::test
