// How the signing service works: flags of hawser-server.
#pragma once

#include <span>

#include "hawser/base/result.h"
#include "src/signing/signing_options.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> signing_flags();
/// Fills what the flags are about. Scope usage, with the flag's name.
Result<void> read_signing_flags(const tools::Flags& flags, signing::SigningOptions& options);

}  // namespace hawser
