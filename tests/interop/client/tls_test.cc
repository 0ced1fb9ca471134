// Our client with TLS, a stock grpc++ server with SslServerCredentials.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "hawser/tls/tls_context.h"
#include "interop/client/stock_server.h"
#include "support/certificates.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using tls::TlsContext;

constexpr client::UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kTlsEcho{"/echo.EchoService/Echo"};

struct Fixture {
  TestAuthority authority{"test CA"};
  CertificateFolder folder;
  std::string ca_file = folder.write("ca.pem", authority.pem());
  PemPair server_pair = authority.issue({"server", "DNS:server.test,IP:127.0.0.1"});

  std::shared_ptr<::grpc::ServerCredentials> credentials(bool with_clients) const {
    ::grpc::SslServerCredentialsOptions options(
        with_clients ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                     : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_key_cert_pairs.push_back({server_pair.key, server_pair.certificate});
    if (with_clients) options.pem_root_certs = authority.pem();
    return ::grpc::SslServerCredentials(options);
  }
  std::unique_ptr<TlsContext> context(const std::string& server_name = {}) const {
    return value_of(TlsContext::client({.ca_file = ca_file, .server_name = server_name}));
  }
  std::unique_ptr<TlsContext> context_with_certificate() const {
    const PemPair pair = authority.issue({"client", "URI:spiffe://test/client"});
    return value_of(TlsContext::client(
        {ca_file, folder.write("c.pem", pair.certificate), folder.write("c.key", pair.key), {}}));
  }
};

client::Reply<::echo::EchoResponse> echo(const std::string& target, const TlsContext* context,
                                         const std::string& payload = "hello") {
  const auto channel = value_of(Channel::create(target, {.tls = context}));
  ::echo::EchoRequest request;
  request.set_payload(payload);
  return client::call(*channel, kTlsEcho, request, {.timeout = std::chrono::seconds(60)});
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "stock server, TLS: calls of all sizes") {
  StockServer server("127.0.0.1:0", 0, GRPC_COMPRESS_NONE, credentials(false));
  const auto tls = context();
  for (const std::size_t size : {0, 1, 20'000, 3'000'000}) {
    const auto reply = echo(server.target(), tls.get(), std::string(size, 'p'));
    REQUIRE_MESSAGE(reply.ok(), reply.status.message);
    CHECK(reply.response.payload() == std::string(size, 'p'));
  }
  const auto by_name = context("server.test");
  CHECK(echo(server.target(), by_name.get()).ok());
}

TEST_CASE_FIXTURE(Fixture, "stock server, TLS: a client certificate where it is required") {
  StockServer server("127.0.0.1:0", 0, GRPC_COMPRESS_NONE, credentials(true));
  const auto with = context_with_certificate();
  CHECK(echo(server.target(), with.get()).ok());
  const auto without = context();
  const auto refused = echo(server.target(), without.get());
  CHECK(refused.status.code == grpc::StatusCode::kUnavailable);
}

TEST_CASE_FIXTURE(Fixture,
                  "stock server, TLS: who can't prove the name is not called, and the reason is told") {
  StockServer server("127.0.0.1:0", 0, GRPC_COMPRESS_NONE, credentials(false));
  const auto wrong_name = context("other.test");
  const auto misnamed = echo(server.target(), wrong_name.get());
  CHECK(misnamed.status.code == grpc::StatusCode::kUnavailable);
  CHECK_MESSAGE(misnamed.status.message.find("not for \"other.test\"") != std::string::npos,
                misnamed.status.message);
  const TestAuthority other("other CA");
  const auto wrong_ca = value_of(TlsContext::client({.ca_file = folder.write("other.pem", other.pem())}));
  const auto untrusted = echo(server.target(), wrong_ca.get());
  CHECK(untrusted.status.code == grpc::StatusCode::kUnavailable);
  CHECK_MESSAGE(untrusted.status.message.find("not from a CA") != std::string::npos,
                untrusted.status.message);
  CHECK(server.echo().calls() == 0);
}

TEST_CASE_FIXTURE(Fixture, "stock server, TLS on one end only: both ways fail soon and say why") {
  StockServer in_clear;
  const auto tls = context();
  const auto reply = echo(in_clear.target(), tls.get());
  CHECK(reply.status.code == grpc::StatusCode::kUnavailable);
  CHECK_MESSAGE(reply.status.message.find("does not speak TLS") != std::string::npos, reply.status.message);
  StockServer secure("127.0.0.1:0", 0, GRPC_COMPRESS_NONE, credentials(false));
  CHECK(echo(secure.target(), nullptr).status.code == grpc::StatusCode::kUnavailable);
}

}  // namespace hawser::test
