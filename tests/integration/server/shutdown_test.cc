#include <doctest/doctest.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"

namespace hawser::test {
namespace {

constexpr Duration kLongGrace = std::chrono::minutes(5);

std::vector<http2::StreamId> goaways(FrameParser& frames) {
  std::vector<http2::StreamId> last_ids;
  for (const Frame& frame : frames.frames()) {
    if (frame.type == FrameType::kGoaway) last_ids.push_back(frame.last_stream_id());
  }
  return last_ids;
}

}  // namespace

TEST_CASE("Server: a graceful end says GOAWAY twice, and serves what comes between") {
  TestServer server;
  RawClient client(server.tcp());
  CHECK(client.echo(1));
  client.script.request(3, kHoldPath, "held");
  client.send();
  CHECK(eventually([&] { return server.held().count() == 1; }));
  server->shutdown(kLongGrace);
  CHECK(client.receive_until([](FrameParser& frames) { return frames.find(FrameType::kPing) != nullptr; }));
  CHECK(goaways(client.frames) == std::vector<http2::StreamId>{0x7fffffff});
  CHECK(client.echo(5));
  const std::string& ping = client.frames.find(FrameType::kPing)->payload;
  client.script.ping(from_big_endian(ping), true);
  client.send();
  CHECK(client.receive_until([](FrameParser& frames) { return frames.count(FrameType::kGoaway) == 2; }));
  CHECK(goaways(client.frames) == std::vector<http2::StreamId>{0x7fffffff, 5});
  server.held().finish();
  CHECK(client.receive_end());
  CHECK(client.frames.last_headers(3).header("grpc-status") == "0");
  client.close();
  server->wait();
}

TEST_CASE("Server: a client that doesn't answer the PING of a graceful end is not waited for") {
  server::ServerOptions options = workers(1);
  options.drain_notice_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  RawClient client(server.tcp());
  CHECK(client.echo(1));
  server->shutdown(kLongGrace);
  CHECK(client.receive_end());
  CHECK(goaways(client.frames) == std::vector<http2::StreamId>{0x7fffffff, 1});
  client.close();
  server->wait();
}

TEST_CASE("Server: when the grace is over, the connection is cut and the handler is waited for") {
  TestServer server;
  RawClient client(server.tcp());
  client.handshake().script.request(1, kHoldPath, "held");
  client.send();
  CHECK(eventually([&] { return server.held().count() == 1; }));
  server->shutdown(std::chrono::milliseconds(10));
  CHECK(client.receive_end());
  server.held().finish();
  server->wait();
  CHECK(server->open_connections() == 0);
}

TEST_CASE("Server: nobody can connect once the end has begun") {
  TestServer server;
  RawClient client(server.tcp());
  client.handshake().script.request(1, kHoldPath, "held");
  client.send();
  CHECK(eventually([&] { return server.held().count() == 1; }));
  server->shutdown(kLongGrace);
  CHECK(eventually([&] {
    try {
      RawClient late(server.tcp());
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }));
  server.held().finish();
  CHECK(client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); }));
}

TEST_CASE("Server: an idle connection is drained after its time") {
  server::ServerOptions options = workers(1);
  options.max_connection_idle = std::chrono::milliseconds(30);
  options.drain_notice_timeout = std::chrono::milliseconds(10);
  TestServer server(options);
  RawClient client(server.tcp());
  CHECK(client.echo(1));
  CHECK(client.receive_end());
  CHECK(goaways(client.frames) == std::vector<http2::StreamId>{0x7fffffff, 1});
}

TEST_CASE("Server: workers that connections raced to during the end leave no descriptor and no count") {
  const FdCount fds;
  for (int round = 0; round < 20; ++round) {
    server::ServerOptions options = workers(4);
    options.drain_notice_timeout = std::chrono::milliseconds(5);
    TestServer server(options);
    std::atomic<bool> stop{false};
    std::thread newcomers([&] {
      while (!stop) {
        try {
          RawClient client(server.tcp());
          client.echo();
        } catch (const std::exception&) {
          return;  // nobody listens any more
        }
      }
    });
    CHECK(eventually([&] { return server->open_connections() > 0; }));
    server->shutdown(kLongGrace);
    server->wait();
    stop = true;
    newcomers.join();
    CHECK(server->open_connections() == 0);
  }
  CHECK(fds.grown_by() == 0);
}

}  // namespace hawser::test
