#include <doctest/doctest.h>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "hawser/tls/tls_context.h"
#include "integration/server/test_server.h"
#include "support/certificates.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

struct Fixture {
  TestAuthority authority{"test CA"};
  CertificateFolder folder;
  std::unique_ptr<tls::TlsContext> context;
  std::unique_ptr<server::Server> server;
  net::SocketAddress address;

  void start(server::ServerOptions options = workers(1)) {
    const PemPair pair = authority.issue({"server", "DNS:localhost"});
    context = value_of(tls::TlsContext::server(
        {folder.write("s.pem", pair.certificate), folder.write("s.key", pair.key), {}, {}}));
    server = value_of(server::Server::create(options));
    address =
        value_of(server->listen(value_of(net::Address::parse(loopback())), {.tls = context.get()})).front();
    value_of(server->start());
  }
  UniqueFd connect() const {
    UniqueFd fd(::socket(address.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), address.data(), address.size()) == 0);
    return fd;
  }
  /// What comes until the server closes.
  static std::string read_to_end(int fd) {
    std::string all;
    while (wait_for(fd, POLLIN, 20'000)) {
      const Read read = read_some(fd);
      all += read.bytes;
      if (read.end || read.error != 0) return all;
    }
    return all + " and no end";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Server: HTTP/2 in clear on a TLS port is closed at once, without a word") {
  start();
  const UniqueFd fd = connect();
  write_some(fd.get(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  CHECK(read_to_end(fd.get()).empty());
  CHECK(eventually([&] { return server->open_connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture,
                  "Server: a client that doesn't complete the TLS handshake is closed in time (S-22)") {
  server::ServerOptions options = workers(1);
  options.limits.handshake_timeout = std::chrono::milliseconds(50);
  start(options);
  const UniqueFd silent = connect();
  const UniqueFd halfway = connect();
  write_some(halfway.get(), std::string_view("\x16\x03\x01\x02\x00\x01", 6));
  CHECK(read_to_end(silent.get()).empty());
  CHECK(read_to_end(halfway.get()).empty());
  CHECK(eventually([&] { return server->open_connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "Server: the time for TLS and for HTTP/2 is one") {
  server::ServerOptions options = workers(1);
  options.limits.handshake_timeout = std::chrono::milliseconds(300);
  start(options);
  const UniqueFd fd = connect();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client(SSL_CTX_new(TLS_client_method()),
                                                                 SSL_CTX_free);
  SSL_CTX_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(client.get()), SSL_free);
  SSL_set_fd(ssl.get(), fd.get());
  REQUIRE(SSL_connect(ssl.get()) == 1);
  // The server says SETTINGS, hears none, and ends with GOAWAY SETTINGS_TIMEOUT and close_notify.
  char buffer[1024];
  std::string received;
  int got = 0;
  while ((got = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0) received.append(buffer, got);
  CHECK(SSL_get_error(ssl.get(), got) == SSL_ERROR_ZERO_RETURN);
  CHECK(received.find("no SETTINGS in time") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Server: shutdown doesn't wait for handshakes") {
  start();
  const UniqueFd fd = connect();
  REQUIRE(eventually([&] { return server->open_connections() == 1; }));
  server->shutdown(std::chrono::hours(1));
  server->wait();
  CHECK(read_to_end(fd.get()).empty());
  CHECK(server->open_connections() == 0);
}

TEST_CASE_FIXTURE(Fixture, "Server: connections in the handshake count for the limits") {
  server::ServerOptions options = workers(1);
  options.max_connections_per_peer = 2;
  start(options);
  const UniqueFd first = connect();
  const UniqueFd second = connect();
  const UniqueFd third = connect();
  CHECK(read_to_end(third.get()).empty());
  CHECK(server->open_connections() == 2);
}

}  // namespace hawser::test
