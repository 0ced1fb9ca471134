// Where the signing service keeps its keys, and what opens that: flags of hawser-server.
#pragma once

#include <optional>
#include <span>

#include "hawser/base/result.h"
#include "src/keystore/open_keystore.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> keystore_flags();
/// nullopt: no keystore is wanted. Scope usage, with the flag's name.
Result<std::optional<keystore::KeystoreConfig>> read_keystore_flags(const tools::Flags& flags);

}  // namespace hawser
