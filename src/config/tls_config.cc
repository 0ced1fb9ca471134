#include "src/config/tls_config.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace hawser {
namespace {

constexpr tools::FlagSpec kTlsFlags[] = {
    {.name = "tls-cert",
     .value_name = "FILE",
     .help = "Serve TLS on every --listen address, with this certificate and its chain (PEM)"},
    {.name = "tls-key", .value_name = "FILE", .help = "Its key (PEM), that nobody else can read"},
    {.name = "tls-client-ca",
     .value_name = "FILE",
     .help = "Who issues the certificates of clients (PEM). Without it they aren't asked for one"},
    {.name = "tls-client-auth",
     .value_name = "MODE",
     .help = "Clients without a certificate: request serves them as nobody, require refuses them. Default "
             "require"},
};

}  // namespace

std::span<const tools::FlagSpec> tls_flags() { return kTlsFlags; }

Result<std::optional<tls::TlsServerOptions>> read_tls_flags(const tools::Flags& flags) {
  if (std::none_of(std::begin(kTlsFlags), std::end(kTlsFlags),
                   [&](const tools::FlagSpec& flag) { return flags.is_on(flag.name); })) {
    return std::nullopt;
  }
  if (!flags.is_on("tls-cert") || !flags.is_on("tls-key")) {
    return usage_error("TLS needs both --tls-cert and --tls-key");
  }
  tls::TlsServerOptions options{.certificate_file = flags.text("tls-cert"),
                                .key_file = flags.text("tls-key"),
                                .client_ca_file = flags.text("tls-client-ca")};
  if (!flags.is_on("tls-client-auth")) return options;
  const std::string mode = flags.text("tls-client-auth");
  if (mode != "request" && mode != "require") {
    return usage_error("--tls-client-auth: \"" + mode + "\" is none of request, require");
  }
  if (options.client_ca_file.empty()) {
    return usage_error("--tls-client-auth: it needs --tls-client-ca, which says whose certificates count");
  }
  if (mode == "request") options.client_authentication = tls::ClientAuthentication::kRequest;
  return options;
}

}  // namespace hawser
