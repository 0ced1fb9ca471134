// What the server's process gives up: flags of hawser-server.
#pragma once

#include <span>

#include "hawser/base/result.h"
#include "src/hardening/hardening.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> hardening_flags();
/// Scope usage, with the flag's name.
Result<hardening::HardeningOptions> read_hardening_flags(const tools::Flags& flags);

}  // namespace hawser
