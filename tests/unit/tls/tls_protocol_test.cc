#include "hawser/tls/tls_protocol.h"

#include <doctest/doctest.h>

#include "unit/tls/openssl_peer.h"
#include "unit/tls/tls_fixture.h"

namespace hawser::test {
namespace {

/// Both ends with an open connection.
struct OpenFixture : TlsFixture {
  std::unique_ptr<TlsContext> server_context = server();
  std::unique_ptr<TlsContext> client_context = client();
  TlsPair pair{*client_context, *server_context};
  RecordingProtocol& at_client = pair.client.inner;
  RecordingProtocol& at_server = pair.server.acceptor.inner;

  OpenFixture() {
    pair.run();
    REQUIRE(pair.server.acceptor.peer);
  }
};

}  // namespace

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: what an inner protocol notifies of later is sent") {
  at_server.send_later("later");
  CHECK(pair.pipe->second().output_ready());
  pair.run();
  CHECK(at_client.received == "later");
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: output stops at the high-water mark, give or take a record") {
  at_server.endless = true;
  ByteQueue output;
  output.append(as_bytes(std::string(100'000, 'o')));
  pair.server.protocol->drain(output, kTestStart);
  CHECK(output.size() >= io::Protocol::kOutputHighWater);
  CHECK(output.size() < io::Protocol::kOutputHighWater + 17 * 1024);
  // What the inner protocol gave more than fits waits, and comes first.
  const std::size_t drains = at_server.calls.size();
  at_server.endless = false;
  at_server.to_send.clear();
  ByteQueue rest;
  pair.server.protocol->drain(rest, kTestStart);
  CHECK(rest.size() > 90'000);
  CHECK(rest.size() < 110'000);
  CHECK(at_server.calls.size() == drains + 1);
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: much output arrives whole and in order") {
  std::string text;
  while (text.size() < 3'000'000) text += std::to_string(text.size()) + ' ';
  at_server.to_send = text;
  at_client.to_send = text;
  pair.run();
  CHECK(at_client.received == text);
  CHECK(at_server.received == text);
  CHECK(at_server.largest_output <= io::Protocol::kOutputHighWater);
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: is backlogged when its inner protocol is") {
  at_server.backlogged = true;
  CHECK(pair.server.protocol->is_backlogged());
  at_server.backlogged = false;
  CHECK_FALSE(pair.server.protocol->is_backlogged());
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: a finished inner protocol's last bytes go before close_notify") {
  at_server.to_send = "the last words";
  at_server.is_finished = true;
  pair.run();
  CHECK(at_client.received == "the last words");
  CHECK(pair.server.protocol->finished());
  REQUIRE(at_client.end);
  CHECK(at_client.end->code == 0);
  CHECK(pair.pipe->is_closed());
  CHECK(at_server.calls.ends_with("x"));  // by the pump, as without TLS
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: close_notify leaves with the last byte, and is answered") {
  const auto context = server();
  OpensslPeer peer = OpensslPeer::client();
  TlsServerEnd end(*context);
  MemoryPipe pipe(peer, *end.protocol, {.opaque = true});
  pipe.run();
  SUBCASE("the server's") {
    end.acceptor.inner.finish_later();
    pipe.run();
    CHECK(peer.got_close_notify());
    CHECK(end.protocol->finished());
  }
  SUBCASE("the client's") {
    SSL_shutdown(peer.ssl());
    end.acceptor.inner.to_send = "on its way";
    pipe.run();
    CHECK(peer.received == "on its way");
    CHECK(peer.got_close_notify());
    CHECK(end.acceptor.inner.end->code == 0);
    CHECK(end.protocol->finished());
  }
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: a byte stream that just ends is an ordinary end") {
  pair.pipe->cut(0);
  CHECK(at_client.end->code == 0);
  CHECK(at_client.end->detail.empty());
  CHECK(at_server.end->code == 0);
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: memory that is given back while it is quiet comes again") {
  for (int i = 0; i < 3; ++i) {
    pair.server.protocol->give_memory_back();
    pair.client.protocol->give_memory_back();
    CHECK(at_server.calls.ends_with('g'));
    const std::string text(i == 1 ? 100'000 : 10, static_cast<char>('a' + i));
    at_client.received.clear();
    at_server.received.clear();
    at_client.send_later(text);
    at_server.send_later(text);
    pair.run();
    CHECK((at_client.received == text));
    CHECK((at_server.received == text));
  }
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: a record that is incomplete is not given back") {
  ByteQueue record;
  at_client.send_later("in two pieces");
  pair.client.protocol->drain(record, kTestStart);
  for (const Bytes piece : {record.readable().first(9), record.readable().subspan(9)}) {
    pair.server.protocol->receive(piece, kTestStart);
    pair.server.protocol->give_memory_back();
  }
  CHECK(at_server.received == "in two pieces");
}

TEST_CASE_FIXTURE(TlsFixture, "TlsProtocol: during the handshake nothing is given back") {
  const auto context = server();
  TlsServerEnd end(*context);
  end.protocol->give_memory_back();
  CHECK(end.acceptor.inner.calls.empty());
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: expiries are the inner protocol's own once it is open") {
  CHECK(pair.server.protocol->next_expiry() == kNever);
  at_server.expiry = kTestStart + std::chrono::minutes(1);
  CHECK(pair.server.protocol->next_expiry() == at_server.expiry);
  pair.pipe->advance(std::chrono::minutes(2));
  CHECK(at_server.calls.find('e') != std::string::npos);
  CHECK_FALSE(pair.server.protocol->finished());
}

TEST_CASE_FIXTURE(OpenFixture, "TlsProtocol: sessions are resumed with the identity of the first handshake") {
  const auto with_clients = server(ca_file);
  const auto identity = issue("c", {"c", "DNS:c.test"});
  SSL_SESSION* session = nullptr;
  for (const bool resumed : {false, true}) {
    CAPTURE(resumed);
    OpensslPeer peer = OpensslPeer::client([&](SSL_CTX* context) {
      if (resumed) return;
      SSL_CTX_use_certificate_chain_file(context, identity.first.c_str());
      SSL_CTX_use_PrivateKey_file(context, identity.second.c_str(), SSL_FILETYPE_PEM);
    });
    if (session != nullptr) SSL_set_session(peer.ssl(), session);
    TlsServerEnd end(*with_clients);
    MemoryPipe pipe(peer, *end.protocol, {.opaque = true});
    end.acceptor.inner.to_send = "hello";
    pipe.run();
    REQUIRE(end.acceptor.peer);
    CHECK(end.acceptor.peer->identity() == "c.test");
    CHECK((SSL_session_reused(peer.ssl()) == 1) == resumed);
    SSL_SESSION_free(session);
    session = SSL_get1_session(peer.ssl());
    SSL_shutdown(peer.ssl());  // else the session is a bad one
  }
  SSL_SESSION_free(session);
}

}  // namespace hawser::test
