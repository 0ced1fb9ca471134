#include <doctest/doctest.h>

#include "unit/tls/tls_fixture.h"

namespace hawser::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Neither end passed a byte on, each knows why, and both are through.
void check_failed(TlsPair& pair, const std::string& client_knows, const std::string& server_knows) {
  pair.run();
  CHECK(pair.pipe->is_closed());
  REQUIRE(pair.client.inner.end);
  CHECK_MESSAGE(contains(pair.client_error().detail, client_knows), pair.client_error().detail);
  CHECK(pair.client.inner.received.empty());
  CHECK(pair.client.inner.calls.ends_with("x"));
  if (server_knows.empty()) return;
  REQUIRE(pair.server.acceptor.failure);
  CHECK_MESSAGE(contains(pair.server_error().detail, server_knows), pair.server_error().detail);
  CHECK(pair.server.acceptor.calls == 1);
  CHECK(pair.server.acceptor.inner.calls.empty());
}

}  // namespace

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: bytes go both ways after the handshake, however they are cut") {
  const auto server_context = server();
  const auto client_context = client();
  for (const std::size_t most : {0, 1, 2, 7, 100, 5000}) {
    CAPTURE(most);
    TlsPair pair(*client_context, *server_context, {.most_bytes_a_piece = most, .salt = most});
    const std::string request(most == 1 ? 500 : 50'000, 'q');
    pair.client.inner.to_send = request;
    pair.server.acceptor.inner.to_send = "hello from the server";
    pair.run();
    CHECK(pair.server.acceptor.inner.received == request);
    CHECK(pair.client.inner.received == "hello from the server");
    CHECK_FALSE(pair.client.inner.end);
    CHECK(pair.server.acceptor.peer->identity().empty());
    CHECK(pair.server.acceptor.inner.calls.starts_with("a"));
  }
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a slow pipe only takes longer") {
  const auto server_context = server();
  const auto client_context = client();
  TlsPair pair(*client_context, *server_context, {.most_bytes_a_piece = 40, .write_capacity = 13});
  pair.client.inner.to_send = std::string(2000, 'q');
  pair.run();
  CHECK(pair.server.acceptor.inner.received == std::string(2000, 'q'));
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a server's certificate of another CA ends the handshake") {
  const TestAuthority other("other CA");
  const auto server_context = server({}, {}, {"server", "DNS:server.test"}, &other);
  const auto client_context = client();
  TlsPair pair(*client_context, *server_context);
  check_failed(pair, "not from a CA that is trusted here", "the client refused: unknown CA");
}

TEST_CASE_FIXTURE(TlsFixture,
                  "TlsProtocol: a certificate that is over, or not yet valid, ends the handshake") {
  const auto client_context = client();
  const auto over = server({}, {}, {"server", "DNS:server.test", -9, -2});
  TlsPair late(*client_context, *over);
  check_failed(late, "certificate has expired", "the client refused: certificate expired");
  const auto not_yet = server({}, {}, {"server", "DNS:server.test", 2, 9});
  TlsPair early(*client_context, *not_yet);
  check_failed(early, "certificate is not yet valid", "the client refused: bad certificate");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a certificate for another name or address ends the handshake") {
  const auto client_context = client();
  const auto server_context = server();
  for (const std::string& wrong :
       {std::string("other.test"), std::string("192.0.2.2"), std::string("server")}) {
    CAPTURE(wrong);
    TlsPair pair(*client_context, *server_context, {}, wrong);
    check_failed(pair, "not for \"" + wrong + "\"", "the client refused");
  }
  TlsPair by_address(*client_context, *server_context, {}, "192.0.2.1");
  by_address.run();
  CHECK_FALSE(by_address.client.inner.end);
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: the common name of a server counts for nothing (RFC 9525)") {
  const auto client_context = client();
  const auto server_context = server({}, {}, {"server.test", ""});
  TlsPair pair(*client_context, *server_context);
  check_failed(pair, "not for \"server.test\"", "the client refused");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: wildcards are for one label, and whole") {
  const auto client_context = client();
  const auto whole = server({}, {}, {"", "DNS:*.server.test"});
  TlsPair good(*client_context, *whole, {}, "a.server.test");
  good.run();
  CHECK_FALSE(good.client.inner.end);
  TlsPair deeper(*client_context, *whole, {}, "b.a.server.test");
  check_failed(deeper, "not for", "the client refused");
  const auto partial = server({}, {}, {"", "DNS:a*.server.test"});
  TlsPair bad(*client_context, *partial, {}, "ab.server.test");
  check_failed(bad, "not for", "the client refused");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a client's certificate becomes the peer's identity") {
  const auto server_context = server(ca_file);
  const auto client_context = client({"c", "URI:spiffe://test/client"});
  TlsPair pair(*client_context, *server_context);
  pair.run();
  REQUIRE(pair.server.acceptor.peer);
  CHECK(pair.server.acceptor.peer->identity() == "spiffe://test/client");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: without the certificate that is required a client gets nowhere") {
  const auto server_context = server(ca_file, tls::ClientAuthentication::kRequire);
  const auto client_context = client();
  TlsPair pair(*client_context, *server_context);
  check_failed(pair, "the server refused: it serves only who has a certificate",
               "the client sent no certificate");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: without the certificate that is requested a client is nobody") {
  const auto server_context = server(ca_file, tls::ClientAuthentication::kRequest);
  const auto client_context = client();
  TlsPair pair(*client_context, *server_context);
  pair.run();
  REQUIRE(pair.server.acceptor.peer);
  CHECK(pair.server.acceptor.peer->identity().empty());
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a client's certificate of another CA, or old, is refused") {
  const TestAuthority other("other CA");
  for (const auto authentication :
       {tls::ClientAuthentication::kRequire, tls::ClientAuthentication::kRequest}) {
    const auto server_context = server(ca_file, authentication);
    const auto stranger = client({"c", "DNS:c.test"}, &other);
    TlsPair unknown(*stranger, *server_context);
    check_failed(unknown, "the server refused: unknown CA", "the client's certificate is not accepted");
    const auto former = client({"c", "DNS:c.test", -9, -2});
    TlsPair expired(*former, *server_context);
    check_failed(expired, "the server refused: certificate expired", "certificate has expired");
  }
}

TEST_CASE_FIXTURE(TlsFixture,
                  "TlsProtocol: a handshake that isn't complete in time is given up, by each end") {
  const auto server_context = server();
  TlsServerEnd silent(*server_context);
  ProtocolDriver server_driver(*silent.protocol, ProtocolDriver::Sending::kOpaque);
  CHECK(silent.protocol->next_expiry() == kTestStart + kHandshakeTime);
  server_driver.advance(kHandshakeTime);
  CHECK(silent.protocol->finished());
  CHECK(contains(silent.acceptor.failure->detail, "did not complete it in time"));
  CHECK(silent.protocol->next_expiry() == kNever);

  const auto client_context = client();
  TlsClientEnd waiting(*client_context);
  ProtocolDriver client_driver(*waiting.protocol, ProtocolDriver::Sending::kOpaque);
  client_driver.advance(kHandshakeTime);
  CHECK(waiting.protocol->finished());
  CHECK(contains(waiting.inner.end->detail, "did not complete it in time"));
}

TEST_CASE_FIXTURE(TlsFixture,
                  "TlsProtocol: the inner protocol's timers run, before the handshake's end too") {
  const auto client_context = client();
  TlsClientEnd end(*client_context);
  end.inner.expiry = kTestStart + std::chrono::seconds(3);
  end.inner.on_expire = [&] { end.inner.is_finished = true; };
  ProtocolDriver driver(*end.protocol, ProtocolDriver::Sending::kOpaque);
  CHECK(end.protocol->next_expiry() == kTestStart + std::chrono::seconds(3));
  driver.advance(std::chrono::seconds(3));
  CHECK(end.inner.calls.find('e') != std::string::npos);
  CHECK(end.protocol->finished());  // it has given up, so there is nothing to wait for
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a handshake cut at any byte is told to both ends, once") {
  const auto server_context = server(ca_file);
  const auto client_context = client({"c", "DNS:c.test"});
  std::size_t cut_at = 0;
  for (bool complete = false; !complete; cut_at += cut_at < 32 ? 1 : 17) {
    CAPTURE(cut_at);
    TlsPair pair(*client_context, *server_context, {.most_bytes_a_piece = 1});
    // The pipe sends whole flights: what counts are the bytes that arrive, one a turn and end.
    std::size_t turns = 0;
    complete = !pair.pipe->run_until([&] { return turns++ == cut_at; });
    pair.pipe->cut(ECONNRESET);
    CHECK(pair.client.inner.end->code == ECONNRESET);
    CHECK(pair.client.inner.calls.find('x') == pair.client.inner.calls.size() - 1);
    CHECK(pair.server.acceptor.calls == 1);
    if (!pair.server.acceptor.peer) CHECK(pair.server.acceptor.failure->code == ECONNRESET);
    if (pair.server.acceptor.peer) CHECK(pair.server.acceptor.inner.end->code == ECONNRESET);
  }
  CHECK(cut_at > 1000);
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a server that can't make its protocol ends the connection") {
  const auto server_context = server();
  const auto client_context = client();
  TlsPair pair(*client_context, *server_context);
  pair.server.acceptor.gives_nothing = true;
  pair.client.inner.to_send = "anybody?";
  pair.run();
  CHECK(pair.pipe->is_closed());
  CHECK(pair.client.inner.end);
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: a name that no certificate can have is an error at once") {
  const auto client_context = client();
  for (const std::string& wrong : {std::string(), std::string("a\0b", 3)}) {
    const auto made =
        TlsProtocol::connect(*client_context, wrong, std::make_unique<RecordingProtocol>(), kNever);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().scope == ErrorScope::kUsage);
  }
}

}  // namespace hawser::test
