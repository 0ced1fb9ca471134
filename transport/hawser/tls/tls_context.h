// Certificates, keys and rules of TLS, for all connections of a listener or a channel.
//
// TLS 1.2 and 1.3; with 1.2 only the cipher suites that HTTP/2 permits (RFC 9113 9.2.2: ephemeral keys and
// AEAD). ALPN has to agree on h2 (RFC 7301, RFC 9113 3.2). No renegotiation, no compression, no early data.
// Sessions are resumed by tickets, never by a cache. Files are read once: a new certificate needs a new
// context.
//
// A build without OpenSSL has no context: making one is an error that says so.
//
// Threads: any, once made.
#pragma once

#include <memory>
#include <string>

#include "hawser/base/result.h"
#include "hawser/tls/tls_client_options.h"
#include "hawser/tls/tls_server_options.h"

namespace hawser::tls {

class TlsContext final {
 public:
  /// Scope usage: a file that can't be read, isn't what it should be or doesn't fit the others. The message
  /// names it and says what to do.
  static Result<std::unique_ptr<TlsContext>> server(const TlsServerOptions& options);
  static Result<std::unique_ptr<TlsContext>> client(const TlsClientOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// TlsClientOptions::server_name.
  const std::string& server_name() const { return server_name_; }

 private:
  friend class TlsProtocol;
  struct State;  // OpenSSL's objects

  TlsContext(std::unique_ptr<State> state, std::string server_name);

  const std::unique_ptr<State> state_;
  const std::string server_name_;
};

}  // namespace hawser::tls
