// What a client's TLS is made of.
#pragma once

#include <string>

namespace hawser::tls {

struct TlsClientOptions {
  /// PEM: the CAs that servers are trusted by. Empty: those of the system.
  std::string ca_file;
  /// PEM: the client's own certificate, then those between it and its CA, and the key (as for servers). Both
  /// or none.
  std::string certificate_file;
  std::string key_file;
  /// The name or IP address that the server's certificate has to be for. Empty: the host of the target.
  std::string server_name;
};

}  // namespace hawser::tls
