// Our server with TLS: stock grpc++ clients with SslCredentials, and our own.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpc/grpc_security_constants.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/client/unary_call.h"
#include "hawser/tls/tls_context.h"
#include "interop/server/probes.h"
#include "support/certificates.h"

namespace hawser::test {
namespace {

using tls::ClientAuthentication;
using tls::TlsContext;

// Replies with what the handler knows of its client.
SyncProbe::Function tell_peer() {
  return [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
    const server::Peer& peer = binding::CallInfo::of(context)->peer_facts();
    reply.set_text((peer.is_tls ? "TLS '" : "clear '") + peer.tls_identity + "'");
    reply.set_blob(std::string(request.blob()));
    return ::grpc::Status::OK;
  };
}

struct Fixture {
  TestAuthority authority{"test CA"};
  CertificateFolder folder;
  std::string ca_file = folder.write("ca.pem", authority.pem());
  PemPair client_pair = authority.issue({"client", "URI:spiffe://test/client,DNS:client.test"});

  std::unique_ptr<TlsContext> context(const std::string& client_ca = {},
                                      ClientAuthentication mode = {}) const {
    const PemPair pair = authority.issue({"server", "DNS:localhost,IP:127.0.0.1"});
    return value_of(TlsContext::server(
        {folder.write("s.pem", pair.certificate), folder.write("s.key", pair.key), client_ca, mode}));
  }
  std::shared_ptr<::grpc::Channel> stock_channel(const std::string& target, const PemPair& own = {}) const {
    ::grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return ::grpc::CreateCustomChannel(
        target, ::grpc::SslCredentials({authority.pem(), own.key, own.certificate}), arguments);
  }
  std::unique_ptr<TlsContext> own_client(const PemPair& own = {}) const {
    if (own.key.empty()) return value_of(TlsContext::client({.ca_file = ca_file}));
    return value_of(TlsContext::client(
        {ca_file, folder.write("c.pem", own.certificate), folder.write("c.key", own.key), {}}));
  }
};

constexpr client::UnaryMethod<::probe::Request, ::probe::Reply> kTlsCall{"/probe.Probe/Call"};

client::Reply<::probe::Reply> call(const std::string& target, const TlsContext* context,
                                   const ::probe::Request& request = {}) {
  const auto channel = value_of(client::Channel::create(target, {.tls = context}));
  return client::call(*channel, kTlsCall, request, {.timeout = std::chrono::seconds(60)});
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "TLS: a stock client is served, in messages of all sizes") {
  const auto tls = context();
  SyncProbeServer server(tell_peer(), workers(2), {.tls = tls.get()});
  const auto channel = stock_channel(server->target());
  for (const std::size_t size : {0, 1, 20'000, 3'000'000}) {
    ::probe::Request request;
    request.set_blob(std::string(size, 'b'));
    ProbeCall call(channel, request);
    REQUIRE_MESSAGE(call.status().ok(), call.status().error_message());
    CHECK(call.reply().text() == "TLS ''");
    CHECK(call.reply().blob() == request.blob());
  }
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE_FIXTURE(Fixture, "TLS: over a UNIX socket, with the user and the certificate both known") {
  const auto tls = context(ca_file);
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
        const server::Peer& peer = binding::CallInfo::of(context)->peer_facts();
        reply.set_text(peer.tls_identity + (peer.unix_uid == ::geteuid() ? ", this user" : ", another"));
        return ::grpc::Status::OK;
      },
      workers(1), {.tls = tls.get()});
  const auto reply = call(server->unix_target(), own_client(client_pair).get());
  REQUIRE_MESSAGE(reply.ok(), reply.status.message);
  CHECK(reply.response.text() == "spiffe://test/client, this user");
}

TEST_CASE_FIXTURE(Fixture, "TLS: the handler knows its client by the certificate") {
  const auto tls = context(ca_file, ClientAuthentication::kRequest);
  SyncProbeServer server(tell_peer(), workers(2), {.tls = tls.get()});
  ProbeCall known(stock_channel(server->target(), client_pair));
  REQUIRE_MESSAGE(known.status().ok(), known.status().error_message());
  CHECK(known.reply().text() == "TLS 'spiffe://test/client'");
  ProbeCall unknown(stock_channel(server->target()));
  REQUIRE(unknown.status().ok());
  CHECK(unknown.reply().text() == "TLS ''");
  CHECK(call(server->target(), own_client(client_pair).get()).response.text() ==
        "TLS 'spiffe://test/client'");
  CHECK(call(server->target(), own_client().get()).response.text() == "TLS ''");
}

TEST_CASE_FIXTURE(Fixture, "TLS: without the certificate that is required nobody is served") {
  const auto tls = context(ca_file, ClientAuthentication::kRequire);
  SyncProbeServer server(tell_peer(), workers(1), {.tls = tls.get()});
  ProbeCall stock(stock_channel(server->target()));
  CHECK(stock.status().error_code() == ::grpc::StatusCode::UNAVAILABLE);
  const auto own = call(server->target(), own_client().get());
  CHECK(own.status.code == grpc::StatusCode::kUnavailable);
  CHECK_MESSAGE(own.status.message.find("serves only who has a certificate") != std::string::npos,
                own.status.message);
  CHECK(eventually([&] { return (*server)->open_connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "TLS: a stock client in clear gets UNAVAILABLE, and the connection goes") {
  const auto tls = context();
  SyncProbeServer server(tell_peer(), workers(1), {.tls = tls.get()});
  ProbeCall call(server->channel());
  CHECK(call.status().error_code() == ::grpc::StatusCode::UNAVAILABLE);
  CHECK(eventually([&] { return (*server)->open_connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "TLS: many calls at once on several workers, and a graceful end") {
  const auto tls = context(ca_file);
  SyncProbeServer server(tell_peer(), workers(2), {.tls = tls.get()});
  const auto own = own_client(client_pair);
  const auto channel =
      value_of(client::Channel::create(server->target(), {.connections = 4, .tls = own.get()}));
  std::vector<std::thread> threads;
  std::atomic<int> served{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ::probe::Request request;
      request.set_blob(std::string(5000, 'b'));
      for (int n = 0; n < 100; ++n) {
        const auto reply = client::call(*channel, kTlsCall, request, {.timeout = std::chrono::seconds(60)});
        if (reply.ok() && reply.response.text() == "TLS 'spiffe://test/client'") ++served;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(served == 400);
  (*server)->shutdown(std::chrono::minutes(1));
  (*server)->wait();
  CHECK((*server)->open_connections() == 0);
}

TEST_CASE_FIXTURE(Fixture, "TLS: auth_context() says what grpc++'s own would") {
  const auto tls = context(ca_file, ClientAuthentication::kRequest);
  std::shared_ptr<const ::grpc::AuthContext> kept;
  SyncProbeServer server(
      [&](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
        kept = context.auth_context();
        for (const char* name : {GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME,
                                 GRPC_X509_SAN_PROPERTY_NAME, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME}) {
          reply.mutable_text()->append("|");
          for (const ::grpc::string_ref& value : kept->FindPropertyValues(name)) {
            reply.mutable_text()->append(value.data(), value.size()).append(" ");
          }
        }
        return ::grpc::Status::OK;
      },
      workers(1), {.tls = tls.get()});
  for (int i = 0; i < 2; ++i) {
    const auto known = call(server->target(), own_client(client_pair).get());
    CHECK(known.response.text() == "|ssl |client |spiffe://test/client client.test |spiffe://test/client ");
    CHECK(kept->IsPeerAuthenticated());
    CHECK(kept->GetPeerIdentityPropertyName() == GRPC_X509_SAN_PROPERTY_NAME);
    REQUIRE(kept->GetPeerIdentity().size() == 2);
    CHECK(kept->GetPeerIdentity().front() == "spiffe://test/client");
    // Another client on the same worker is another one.
    const auto unknown = call(server->target(), own_client().get());
    CHECK(unknown.response.text() == "|ssl |||");
    CHECK_FALSE(kept->IsPeerAuthenticated());
  }
}

}  // namespace hawser::test
