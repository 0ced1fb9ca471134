// A TLS client and a TLS server in memory, each around a recording protocol, with certificates of one CA.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hawser/tls/tls_context.h"
#include "hawser/tls/tls_protocol.h"
#include "support/certificates.h"
#include "support/memory_pipe.h"
#include "support/protocol_driver.h"
#include "support/pumped.h"
#include "support/recording_protocol.h"

namespace hawser::test {

using tls::TlsContext;
using tls::TlsProtocol;

inline constexpr Duration kHandshakeTime = std::chrono::seconds(10);

/// The server's owner: notes what became of the handshake and gives `inner`.
class RecordingAcceptor final : public TlsProtocol::Acceptor {
 public:
  RecordingProtocol inner;
  std::optional<tls::PeerCertificate> peer;
  std::optional<Error> failure;
  int calls = 0;
  bool gives_nothing = false;

  std::unique_ptr<io::Protocol> on_handshake_done(tls::PeerCertificate names) override {
    ++calls;
    peer = std::move(names);
    return gives_nothing ? nullptr : std::make_unique<ForwardingProtocol>(inner);
  }
  void on_handshake_failed(const Error& why) override {
    ++calls;
    failure = why;
  }
};

/// Files of a CA, a server and a client, and the usual contexts.
struct TlsFixture {
  TestAuthority authority{"test CA"};
  CertificateFolder folder;
  std::string ca_file = folder.write("ca.pem", authority.pem());

  /// Writes NAME.pem and NAME.key; gives both paths.
  std::pair<std::string, std::string> issue(const std::string& name, const CertificateSpec& spec,
                                            const TestAuthority* by = nullptr) {
    const PemPair pair = (by == nullptr ? authority : *by).issue(spec);
    return {folder.write(name + ".pem", pair.certificate), folder.write(name + ".key", pair.key)};
  }

  std::unique_ptr<TlsContext> server(const std::string& client_ca = {},
                                     tls::ClientAuthentication authentication = {},
                                     const CertificateSpec& spec = {"server", "DNS:server.test,IP:192.0.2.1"},
                                     const TestAuthority* by = nullptr) {
    const auto [certificate, key] = issue("server", spec, by);
    return value_of(TlsContext::server({certificate, key, client_ca, authentication}));
  }
  std::unique_ptr<TlsContext> client() { return value_of(TlsContext::client({.ca_file = ca_file})); }
  std::unique_ptr<TlsContext> client(const CertificateSpec& spec, const TestAuthority* by = nullptr) {
    const auto [certificate, key] = issue("client", spec, by);
    return value_of(TlsContext::client({ca_file, certificate, key, {}}));
  }
};

struct TlsServerEnd {
  explicit TlsServerEnd(const TlsContext& context)
      : protocol(value_of(TlsProtocol::accept(context, acceptor, kTestStart + kHandshakeTime))) {}
  RecordingAcceptor acceptor;
  std::unique_ptr<TlsProtocol> protocol;
};

struct TlsClientEnd {
  explicit TlsClientEnd(const TlsContext& context, const std::string& name = "server.test")
      : protocol(value_of(TlsProtocol::connect(context, name, std::make_unique<ForwardingProtocol>(inner),
                                               kTestStart + kHandshakeTime))) {}
  RecordingProtocol inner;
  std::unique_ptr<TlsProtocol> protocol;
};

/// Both, joined. `run()` until nothing moves.
struct TlsPair {
  TlsPair(const TlsContext& client_context, const TlsContext& server_context, PipeOptions options = {},
          const std::string& name = "server.test")
      : client(client_context, name), server(server_context) {
    options.opaque = true;
    pipe.emplace(*client.protocol, *server.protocol, options);
  }
  void run() { pipe->run(); }
  const Error& client_error() const { return client.inner.end.value(); }
  const Error& server_error() const { return server.acceptor.failure.value(); }

  TlsClientEnd client;
  TlsServerEnd server;
  std::optional<MemoryPipe> pipe;
};

}  // namespace hawser::test
