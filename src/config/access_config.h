// Who may do what: flags of hawser-server.
#pragma once

#include <span>

#include "hawser/base/result.h"
#include "src/access/policy.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> access_flags();
/// Reads the policy's file, if there is one. Scope usage, with the flag's name.
Result<access::Policy> read_access_flags(const tools::Flags& flags);

}  // namespace hawser
