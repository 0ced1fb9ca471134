// What an address that a server listens on can be told.
#pragma once

#include <cstdint>
#include <optional>

namespace hawser::tls {
class TlsContext;
}

namespace hawser::server {

struct ListenOptions {
  /// Who may connect to a UNIX socket (net::ListenOptions).
  std::optional<std::uint32_t> socket_file_mode;
  /// Not null: connections of this address are TLS. Not owned; outlives the server.
  const tls::TlsContext* tls = nullptr;
};

}  // namespace hawser::server
