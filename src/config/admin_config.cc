#include "src/config/admin_config.h"

#include "src/admin/admin_address.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr std::string_view kAdminGroup = "Administration of keys";

constexpr FlagSpec kAdminFlags[] = {
    {.name = "admin-listen",
     .value_name = "ADDRESS",
     .help = "Serve crypto.KeyService here, and only here: unix:/path, a loopback address, or VSOCK with a "
             "port. Without it keys are not administered while the server runs",
     .group = kAdminGroup},
    {.name = "allow-key-export",
     .value_name = "",
     .help = "Private keys may leave, sealed, by that service",
     .group = kAdminGroup},
};

}  // namespace

std::span<const FlagSpec> admin_flags() { return kAdminFlags; }

Result<AdminConfig> read_admin_flags(const tools::Flags& flags) {
  AdminConfig config;
  config.allow_export = flags.is_on("allow-key-export");
  if (!flags.is_on("admin-listen")) {
    if (config.allow_export) return flags.wrong("allow-key-export", "without --admin-listen");
    return config;
  }
  auto address = net::Address::parse(flags.text("admin-listen"));
  if (!address) return flags.wrong("admin-listen", address.error().detail);
  if (auto checked = admin::check_admin_address(*address); !checked) {
    return flags.wrong("admin-listen", checked.error().detail);
  }
  config.listen = std::move(*address);
  return config;
}

}  // namespace hawser
