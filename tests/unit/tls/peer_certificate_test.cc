#include "hawser/tls/peer_certificate.h"

#include <doctest/doctest.h>

#include "unit/tls/tls_fixture.h"

namespace hawser::test {
namespace {

tls::PeerCertificate seen_by_server(TlsFixture& fixture, const CertificateSpec& spec) {
  const auto server = fixture.server(fixture.ca_file);
  const auto client = fixture.client(spec);
  TlsPair pair(*client, *server);
  pair.run();
  REQUIRE(pair.server.acceptor.peer);
  return *pair.server.acceptor.peer;
}

}  // namespace

TEST_CASE_FIXTURE(TlsFixture, "PeerCertificate: the server reads all names of the client's certificate") {
  const tls::PeerCertificate peer = seen_by_server(
      *this, {"common", "email:a@b.test,DNS:one.test,URI:spiffe://test/x,IP:192.0.2.9,DNS:two.test"});
  CHECK(peer.common_name == "common");
  CHECK(peer.uris == std::vector<std::string>{"spiffe://test/x"});
  CHECK(peer.dns_names == std::vector<std::string>{"one.test", "two.test"});
  CHECK(peer.emails == std::vector<std::string>{"a@b.test"});
}

TEST_CASE_FIXTURE(TlsFixture, "PeerCertificate: the identity is the URI, or DNS name, or address, or name") {
  CHECK(seen_by_server(*this, {"n", "email:a@b.test,DNS:one.test,URI:spiffe://test/x"}).identity() ==
        "spiffe://test/x");
  CHECK(seen_by_server(*this, {"n", "email:a@b.test,DNS:one.test,DNS:two.test"}).identity() == "one.test");
  CHECK(seen_by_server(*this, {"n", "email:a@b.test"}).identity() == "a@b.test");
  CHECK(seen_by_server(*this, {"n", "IP:192.0.2.9"}).identity() == "n");
  CHECK(seen_by_server(*this, {"", "IP:192.0.2.9"}).identity().empty());
}

TEST_CASE_FIXTURE(TlsFixture, "PeerCertificate: a name with control characters is none") {
  CHECK(seen_by_server(*this, {std::string("admin\nfake line"), "IP:192.0.2.9"}).identity().empty());
  CHECK(seen_by_server(*this, {std::string("admin\0.evil.test", 16), "IP:192.0.2.9"}).identity().empty());
}

}  // namespace hawser::test
