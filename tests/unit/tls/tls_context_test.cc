#include "hawser/tls/tls_context.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include "unit/tls/tls_fixture.h"

namespace hawser::test {
namespace {

struct Fixture : TlsFixture {
  PemPair pair = authority.issue({"server", "DNS:server.test"});
  std::string certificate = folder.write("a.pem", pair.certificate);
  std::string key = folder.write("a.key", pair.key);

  /// Of options that must not do.
  static std::string complaint(const tls::TlsServerOptions& options) {
    const auto made = TlsContext::server(options);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().scope == ErrorScope::kUsage);
    return made.error().detail;
  }
  static std::string client_complaint(const tls::TlsClientOptions& options) {
    const auto made = TlsContext::client(options);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().scope == ErrorScope::kUsage);
    return made.error().detail;
  }
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "TlsContext: a chain, a key and a CA in PEM files make a server's") {
  const std::string chain = folder.write("chain.pem", "a word before\n" + pair.certificate + authority.pem());
  CHECK(TlsContext::server({chain, key, ca_file, {}}));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: a missing, empty or wrong file is named, with what is wrong") {
  const std::string missing = folder.path("missing");
  CHECK(says(complaint({missing, key, {}, {}}), missing + ": No such file"));
  CHECK(says(complaint({certificate, missing, {}, {}}), missing + ": No such file"));
  CHECK(says(complaint({certificate, key, missing, {}}), missing + ": No such file"));
  CHECK(says(client_complaint(tls::TlsClientOptions{.ca_file = missing}), missing + ": No such file"));
  const std::string empty = folder.write("empty", "");
  CHECK(says(complaint({empty, key, {}, {}}), "there is no certificate in it"));
  CHECK(says(complaint({certificate, empty, {}, {}}), "there is no private key in it"));
  CHECK(says(complaint({key, key, {}, {}}), "there is no certificate in it"));
  CHECK(says(complaint({certificate, certificate, {}, {}}), "there is no private key in it"));
  CHECK(says(complaint({folder.path("."), key, {}, {}}), "it is a folder"));
  CHECK(says(complaint({"/dev/zero", key, {}, {}}), "too large"));
  CHECK(says(complaint({"", key, {}, {}}), "needs a certificate file and a key file"));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: a damaged certificate is an error, also behind a good one") {
  std::string damaged = pair.certificate;
  damaged[damaged.size() / 2] = '!';
  CHECK(says(complaint({folder.write("d.pem", damaged), key, {}, {}}), "a certificate in it is damaged"));
  const std::string behind = folder.write("e.pem", pair.certificate + damaged);
  CHECK(says(complaint({behind, key, {}, {}}), "a certificate in it is damaged"));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: a key that others can read is refused") {
  for (const int mode : {0604, 0602, 0620, 0644, 0666}) {
    CAPTURE(mode);
    const std::string open_key = folder.write("open.key", pair.key, mode);
    CHECK(says(complaint({certificate, open_key, {}, {}}), "others can read or change the key"));
  }
  CHECK(TlsContext::server({certificate, folder.write("safe.key", pair.key, 0400), {}, {}}));
  // Root gives keys to a service by its group; nobody else does.
  const std::string group_key = folder.write("group.key", pair.key, 0640);
  if (::geteuid() == 0) {
    CHECK(TlsContext::server({certificate, group_key, {}, {}}));
    REQUIRE(::chown(group_key.c_str(), 54321, 54321) == 0);
  }
  CHECK(says(complaint({certificate, group_key, {}, {}}), "others can read or change the key"));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: an encrypted key is refused without a question at the terminal") {
  const std::string file = folder.write("encrypted.key", encrypted_key(pair.key, "secret"));
  CHECK(says(complaint({certificate, file, {}, {}}), "the key is encrypted"));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: a key of another certificate is refused") {
  const std::string other = folder.write("other.key", authority.issue({"other", ""}).key);
  const std::string said = complaint({certificate, other, {}, {}});
  CHECK(says(said, "does not belong to the certificate"));
  CHECK(says(said, other));
  // The CA's certificate first: the usual mistake in a chain.
  const std::string reversed = folder.write("reversed.pem", authority.pem() + pair.certificate);
  CHECK(says(complaint({reversed, key, {}, {}}), "the first certificate"));
}

TEST_CASE_FIXTURE(Fixture, "TlsContext: a client's certificate and key come together") {
  CHECK(says(client_complaint(tls::TlsClientOptions{ca_file, certificate, {}, {}}), "come together"));
  CHECK(says(client_complaint(tls::TlsClientOptions{ca_file, {}, key, {}}), "come together"));
  CHECK(TlsContext::client({ca_file, certificate, key, {}}));
  CHECK(TlsContext::client({}));  // the system's CAs
}

}  // namespace hawser::test
