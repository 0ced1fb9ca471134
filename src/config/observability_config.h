// What is recorded of the signing service's calls, and where: flags of hawser-server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "hawser/base/result.h"
#include "hawser/net/address.h"
#include "src/access/audit_log.h"
#include "tools/common/flags.h"

namespace hawser {

struct ObservabilityConfig {
  std::optional<access::AuditMode> audit;  ///< nullopt: off.
  std::string audit_file;                  ///< "-": standard output.
  std::optional<net::Address> metrics_listen;
  std::size_t metrics_key_ids = 0;  ///< Keys that are counted by name.
  std::string trace_file;           ///< Empty: no traces.
  std::uint64_t trace_sample = 1;   ///< One in so many; 0: none but those that callers ask for.
};

std::span<const tools::FlagSpec> observability_flags();
/// Scope usage, with the flag's name.
Result<ObservabilityConfig> read_observability_flags(const tools::Flags& flags);

}  // namespace hawser
