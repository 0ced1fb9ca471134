// Where and how keys are administered: flags of hawser-server.
#pragma once

#include <optional>
#include <span>

#include "hawser/base/result.h"
#include "hawser/net/address.h"
#include "tools/common/flags.h"

namespace hawser {

struct AdminConfig {
  std::optional<net::Address> listen;  ///< nullopt: KeyService is not served.
  bool allow_export = false;
};

std::span<const tools::FlagSpec> admin_flags();
/// Scope usage, with the flag's name.
Result<AdminConfig> read_admin_flags(const tools::Flags& flags);

}  // namespace hawser
