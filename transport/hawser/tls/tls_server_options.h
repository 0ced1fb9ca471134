// What a server's TLS is made of.
#pragma once

#include <string>

namespace hawser::tls {

/// What happens to clients without a certificate of the server's CA, when it has one. One that is sent and
/// isn't valid ends the handshake in any case.
enum class ClientAuthentication {
  kRequest,  ///< They are served, as nobody.
  kRequire,  ///< Their handshake fails.
};

struct TlsServerOptions {
  /// PEM: the server's certificate, then those between it and the CA.
  std::string certificate_file;
  /// PEM, not encrypted. Its mode is checked: others must not be able to read it.
  std::string key_file;
  /// PEM: who may issue clients' certificates. Empty: clients aren't asked for one.
  std::string client_ca_file;
  ClientAuthentication client_authentication = ClientAuthentication::kRequire;
};

}  // namespace hawser::tls
