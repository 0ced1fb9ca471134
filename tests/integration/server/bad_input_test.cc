#include <doctest/doctest.h>

#include <random>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;

// The server after bad input: it serves newcomers, and the descriptors of the bad client are gone.
class Unharmed final {
 public:
  explicit Unharmed(TestServer& server) : server_(server) {}
  void check() {
    RawClient other(server_.tcp());
    CHECK(other.echo());
    other.close();
    CHECK(eventually([&] { return server_->open_connections() == 0; }));
    CHECK(fds_.grown_by() == 0);
  }

 private:
  TestServer& server_;
  FdCount fds_;
};

const Frame* goaway(RawClient& client) { return client.frames.find(FrameType::kGoaway); }

}  // namespace

TEST_CASE("Bad input: an HTTP/1.1 request is told off in HTTP/2 and closed") {
  TestServer server;
  Unharmed unharmed(server);
  RawClient client(server.tcp());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.receive_end());
  REQUIRE(goaway(client) != nullptr);
  CHECK(goaway(client)->error_code() == ErrorCode::kProtocolError);
  CHECK(goaway(client)->debug_data().find("HTTP/2") != std::string_view::npos);
  client.close();
  unharmed.check();
}

TEST_CASE("Bad input: a TLS greeting is closed") {
  TestServer server;
  Unharmed unharmed(server);
  RawClient client(server.tcp());
  client.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(512, '\x5a'));
  CHECK(client.receive_end());
  client.close();
  unharmed.check();
}

TEST_CASE("Bad input: random bytes end the connection, before the preface and after it") {
  TestServer server;
  Unharmed unharmed(server);
  std::mt19937_64 random = seeded_generator(0xbad);
  for (int round = 0; round < 60; ++round) {
    std::string garbage(1 + random() % 4000, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    RawClient client(round % 2 == 0 ? server.tcp() : server.unix_socket());
    if (round % 3 != 0) client.script.client_start();
    client.script.raw(garbage);
    client.send();
    // Whatever it means, it may also be the start of a long frame: then the client's end is the end.
    client.close();
  }
  unharmed.check();
}

TEST_CASE("Bad input: a frame that is larger than allowed is FRAME_SIZE_ERROR") {
  TestServer server;
  Unharmed unharmed(server);
  RawClient client(server.tcp());
  client.script.client_start().raw(big_endian(0xffffff, 3) + std::string("\x00\x00\x00\x00\x00\x01", 6));
  client.send();
  CHECK(client.receive_end());
  REQUIRE(goaway(client) != nullptr);
  CHECK(goaway(client)->error_code() == ErrorCode::kFrameSizeError);
  client.close();
  unharmed.check();
}

TEST_CASE("Bad input: a request cut off at any byte leaves nothing behind") {
  TestServer server;
  Unharmed unharmed(server);
  FrameScript script;
  script.client_start().settings_ack().request(1, kEchoPath, "cut");
  const std::string whole = script.take();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RawClient client(server.unix_socket());
    client.send(std::string_view(whole).substr(0, size));
    client.close();
  }
  unharmed.check();
}

TEST_CASE("Bad input: an unknown method is told its name, and the connection serves on") {
  TestServer server;
  RawClient client(server.tcp());
  client.handshake().script.request(1, "/test.Service/Nope", "x").request(3, "/no.Service/Echo", "x");
  client.send();
  CHECK(client.receive_until([](FrameParser& frames) { return !frames.last_headers(3).fields.empty(); }));
  CHECK(client.frames.last_headers(1).header("grpc-status") == "12");
  CHECK(client.frames.last_headers(1).header("grpc-message") ==
        "unknown method Nope of service test.Service");
  CHECK(client.frames.last_headers(3).header("grpc-message") == "unknown service no.Service");
  CHECK(client.echo(5));
}

TEST_CASE("Bad input: a message over the limit is refused by its prefix") {
  server::ServerOptions options = workers(1);
  options.max_receive_bytes = 1000;
  TestServer server(options);
  RawClient client(server.tcp());
  client.handshake().script.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(1001));
  client.send();
  CHECK(client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); }));
  CHECK(client.frames.last_headers(1).header("grpc-status") == "8");
  CHECK(client.echo(3, std::string(1000, 'f')));
}

TEST_CASE("Bad input: half a preface ends with the handshake's time") {
  server::ServerOptions options = workers(1);
  options.limits.handshake_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  Unharmed unharmed(server);
  for (const std::string_view start : {"", "PRI * HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    RawClient client(server.tcp());
    client.send(start);
    CHECK(client.receive_end());
    REQUIRE(goaway(client) != nullptr);
    CHECK(goaway(client)->error_code() == ErrorCode::kSettingsTimeout);
  }
  unharmed.check();
}

TEST_CASE("Bad input: SETTINGS that nobody acknowledges end the connection") {
  server::ServerOptions options = workers(1);
  options.limits.settings_ack_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  Unharmed unharmed(server);
  RawClient client(server.tcp());
  client.script.client_start();
  client.send();
  CHECK(client.receive_end());
  REQUIRE(goaway(client) != nullptr);
  CHECK(goaway(client)->error_code() == ErrorCode::kSettingsTimeout);
  client.close();
  unharmed.check();
}

TEST_CASE("Bad input: a header block that never ends is not waited for") {
  server::ServerOptions options = workers(1);
  options.limits.header_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  Unharmed unharmed(server);
  RawClient client(server.tcp());
  client.handshake().script.headers(1, request_fields(kEchoPath), {.end_headers = false});
  client.send();
  CHECK(client.receive_end());
  REQUIRE(goaway(client) != nullptr);
  CHECK(goaway(client)->error_code() == ErrorCode::kEnhanceYourCalm);
  client.close();
  unharmed.check();
}

TEST_CASE("Bad input: a body that stops arriving ends its call and not its connection") {
  server::ServerOptions options = workers(1);
  options.limits.body_idle_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  RawClient client(server.tcp());
  client.handshake().script.headers(1, request_fields(kEchoPath)).data(1, grpc_prefix(10) + "half");
  client.send();
  CHECK(client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); }));
  CHECK(client.frames.last_headers(1).header("grpc-status") == "1");
  CHECK(client.echo(3));
}

}  // namespace hawser::test
