#include <doctest/doctest.h>

#include "support/seed.h"
#include "unit/tls/openssl_peer.h"
#include "unit/tls/tls_fixture.h"

namespace hawser::test {
namespace {

using namespace std::string_literals;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// One of our servers, and OpenSSL's client.
struct ServerUnderTest {
  ServerUnderTest(const TlsContext& context, const OpensslPeer::Setup& setup = {})
      : peer(OpensslPeer::client(setup)), server(context), pipe(peer, *server.protocol, {.opaque = true}) {
    pipe.run();
  }
  std::string refusal() const { return server.acceptor.failure ? server.acceptor.failure->detail : ""; }
  bool is_open() const { return server.acceptor.peer.has_value() && !server.acceptor.inner.end; }

  OpensslPeer peer;
  TlsServerEnd server;
  MemoryPipe pipe;
};

std::string after(TlsFixture& fixture, const std::string& bytes, bool* finished = nullptr) {
  const auto context = fixture.server();
  TlsServerEnd end(*context);
  ProtocolDriver driver(*end.protocol, ProtocolDriver::Sending::kOpaque);
  driver.feed(bytes);
  if (finished != nullptr) *finished = end.protocol->finished();
  return end.acceptor.failure ? end.acceptor.failure->detail : "";
}

}  // namespace

TEST_CASE_FIXTURE(TlsFixture,
                  "TlsProtocol: a client that doesn't offer h2 is refused in the handshake (P-1)") {
  const auto context = server();
  const auto no_alpn = [](SSL_CTX* client) { SSL_CTX_set_alpn_protos(client, nullptr, 0); };
  ServerUnderTest without(*context, no_alpn);
  CHECK(mentions(without.refusal(), "does not offer HTTP/2"));
  CHECK(without.peer.failed);
  const auto http_1 = [](SSL_CTX* client) {
    SSL_CTX_set_alpn_protos(client, reinterpret_cast<const unsigned char*>("\x08http/1.1"), 9);
  };
  ServerUnderTest other(*context, http_1);
  CHECK(mentions(other.refusal(), "does not offer HTTP/2"));
  const auto both = [](SSL_CTX* client) {
    SSL_CTX_set_alpn_protos(client, reinterpret_cast<const unsigned char*>("\x08http/1.1\x02h2"), 12);
  };
  ServerUnderTest good(*context, both);
  CHECK(good.is_open());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a server that doesn't choose h2 is no server (P-1)") {
  const auto [certificate, key] = issue("plain", {"", "DNS:server.test"});
  OpensslPeer peer = OpensslPeer::server(certificate, key);
  const auto context = client();
  TlsClientEnd end(*context);
  end.inner.to_send = "secret";
  MemoryPipe pipe(*end.protocol, peer, {.opaque = true});
  pipe.run();
  REQUIRE(end.inner.end);
  CHECK(mentions(end.inner.end->detail, "does not agree on HTTP/2"));
  CHECK(peer.received.empty());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: TLS 1.2 is served with what HTTP/2 permits (RFC 9113 9.2.2)") {
  const auto context = server();
  const auto with = [](const char* ciphers) {
    return [ciphers](SSL_CTX* client) {
      SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
      SSL_CTX_set_cipher_list(client, ciphers);
    };
  };
  ServerUnderTest good(*context, with("ECDHE-ECDSA-AES128-GCM-SHA256"));
  good.peer.to_send = "hello";
  good.pipe.run();
  CHECK(good.is_open());
  CHECK(good.server.acceptor.inner.received == "hello");
  ServerUnderTest cbc(*context, with("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"));
  CHECK(mentions(cbc.refusal(), "no shared cipher"));
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: TLS 1.1 is refused") {
  const auto context = server();
  ServerUnderTest old(*context, [](SSL_CTX* client) {
    SSL_CTX_set_security_level(client, 0);
    SSL_CTX_set_min_proto_version(client, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_1_VERSION);
  });
  CHECK(mentions(old.refusal(), "unsupported protocol"));
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a client that asks to renegotiate is told no, and goes on") {
  const auto context = server();
  ServerUnderTest test(*context, [](SSL_CTX* client) {
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_clear_options(client, SSL_OP_NO_RENEGOTIATION);
  });
  REQUIRE(test.is_open());
  SSL_renegotiate(test.peer.ssl());
  test.pipe.run();
  CHECK(test.server.acceptor.calls == 1);
  CHECK(test.server.acceptor.inner.received.empty());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: key updates without end make the server stop reading") {
  const auto context = server();
  ServerUnderTest test(*context);
  REQUIRE(test.is_open());
  test.server.acceptor.inner.backlogged = false;
  ByteQueue sent;
  for (int i = 0; i < 5000 && !test.server.protocol->is_backlogged(); ++i) {
    if (SSL_key_update(test.peer.ssl(), SSL_KEY_UPDATE_REQUESTED) != 1) break;
    SSL_do_handshake(test.peer.ssl());
    test.peer.to_send = "x";
    test.peer.drain(sent, kTestStart);
    test.server.protocol->receive(sent.readable(), kTestStart);
    sent.clear();
  }
  // OpenSSL answers a thousand requests with one; were it otherwise, is_backlogged() would say so in time.
  ByteQueue answers;
  test.server.protocol->drain(answers, kTestStart);
  CHECK(answers.size() < 32 * 1024);
  CHECK(test.is_open());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: HTTP in clear on a TLS port ends at once, with the reason") {
  for (const std::string& text :
       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"s}) {
    bool finished = false;
    CHECK(mentions(after(*this, text, &finished), "the client does not speak TLS"));
    CHECK(finished);
  }
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a server that speaks HTTP/2 in clear is recognised") {
  const auto context = client();
  TlsClientEnd end(*context);
  ProtocolDriver driver(*end.protocol, ProtocolDriver::Sending::kOpaque);
  driver.feed("\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80"s);
  REQUIRE(end.inner.end);
  CHECK(mentions(end.inner.end->detail, "the server does not speak TLS"));
  CHECK(end.protocol->finished());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: garbage, and a handshake with one byte changed, end quietly") {
  auto random = seeded_generator(7);
  const auto context = server();
  ByteQueue hello;
  OpensslPeer peer = OpensslPeer::client();
  peer.drain(hello, kTestStart);
  const std::string first_flight = as_text(hello.readable());
  for (int i = 0; i < 300; ++i) {
    std::string bytes = first_flight;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    if (i % 3 == 0) {
      for (char& byte : bytes) byte = static_cast<char>(random());
    }
    TlsServerEnd end(*context);
    ProtocolDriver driver(*end.protocol, ProtocolDriver::Sending::kOpaque);
    driver.feed(bytes, Chunking::random(64, static_cast<std::uint64_t>(i)));
    CHECK_FALSE(end.acceptor.peer);
    CHECK(driver.queued_bytes() == 0);
    driver.disconnect(ECONNRESET);
    CHECK(end.acceptor.calls == 1);
  }
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: one bit changed in a record ends the connection") {
  const auto context = server();
  ServerUnderTest test(*context);
  REQUIRE(test.is_open());
  test.peer.to_send = "a message";
  ByteQueue sent;
  test.peer.drain(sent, kTestStart);
  sent.readable().back() ^= 1;
  test.server.protocol->receive(std::as_const(sent).readable(), kTestStart);
  REQUIRE(test.server.acceptor.inner.end);
  CHECK(mentions(test.server.acceptor.inner.end->detail, "TLS read from the peer"));
  CHECK(test.server.acceptor.inner.received.empty());
  ByteQueue alert;
  test.server.protocol->drain(alert, kTestStart);
  CHECK(alert.size() > 0);
  CHECK(test.server.protocol->finished());
}

}  // namespace hawser::test
