#include "tools/common/tls_flags.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace hawser::tools {
namespace {

constexpr FlagSpec kFlags[] = {
    {.name = "tls", .value_name = "", .help = "Connect with TLS; each of the following means it too"},
    {.name = "tls-ca",
     .value_name = "FILE",
     .help = "Whose certificates servers must have (PEM). Without it the system's CAs"},
    {.name = "tls-cert",
     .value_name = "FILE",
     .help = "The own certificate and its chain (PEM), with --tls-key"},
    {.name = "tls-key", .value_name = "FILE", .help = "Its key (PEM), that nobody else can read"},
    {.name = "tls-server-name",
     .value_name = "NAME",
     .help = "What the server's certificate must be for. Without it the target's host; needed for VSOCK"},
};

}  // namespace

std::span<const FlagSpec> client_tls_flags() { return kFlags; }

Result<std::unique_ptr<tls::TlsContext>> read_client_tls(const Flags& flags) {
  if (std::none_of(std::begin(kFlags), std::end(kFlags),
                   [&](const FlagSpec& flag) { return flags.is_on(flag.name); })) {
    return nullptr;
  }
  if (flags.is_on("tls-cert") != flags.is_on("tls-key")) {
    return usage_error("--tls-cert and --tls-key: give both or none");
  }
  return tls::TlsContext::client({.ca_file = flags.text("tls-ca"),
                                  .certificate_file = flags.text("tls-cert"),
                                  .key_file = flags.text("tls-key"),
                                  .server_name = flags.text("tls-server-name")});
}

}  // namespace hawser::tools
