// hawser-server's settings: flags over environment over defaults. Each group of flags is a file of this
// folder: a table, and a function that reads what the table lists.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "hawser/net/address.h"
#include "hawser/server/server_options.h"
#include "hawser/tls/tls_server_options.h"
#include "tools/common/flags.h"

namespace hawser {

inline constexpr std::string_view kDefaultListen = "127.0.0.1:50051";

struct ServerConfig {
  std::vector<net::Address> listen;           ///< None: kDefaultListen, when nothing else is listened on.
  std::vector<net::Address> listen_optional;  ///< Those that may fail.
  std::uint32_t socket_mode = 0600;           ///< Of the files of UNIX sockets.
  server::ServerOptions options;              ///< Without the log.
  std::optional<tls::TlsServerOptions> tls;   ///< Of all of `listen`; nullopt: in clear.
  log::Level log_level = log::Level::kInfo;
  bool health = true;      ///< grpc.health.v1
  bool reflection = true;  ///< grpc.reflection.v1 and v1alpha
};

/// Of the server itself.
std::vector<tools::FlagSpec> server_flags();
/// What the flags of server_flags() say. Scope usage: what was wrong with a flag or variable, and what is
/// right.
Result<ServerConfig> read_server_flags(const tools::Flags& flags);

}  // namespace hawser
