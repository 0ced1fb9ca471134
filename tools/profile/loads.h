// The loads that the flags ask for.
#pragma once

#include <vector>

#include "hawser/base/result.h"
#include "tools/profile/load_config.h"
#include "tools/profile/load_run.h"

namespace hawser::profile {

/// Those of one thread, by its number. Fails where a service isn't built in (scope usage), or a server
/// doesn't give what a load begins with.
Result<std::vector<LoadSpec>> make_loads(const LoadConfig& config, std::size_t thread);

}  // namespace hawser::profile
