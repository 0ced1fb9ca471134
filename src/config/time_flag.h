// Flags that say how long something of a server may take.
#pragma once

#include <string_view>

#include "hawser/base/result.h"
#include "hawser/server/server_options.h"
#include "tools/common/flags.h"

namespace hawser {

struct TimeFlag {
  std::string_view name;
  Duration server::ServerOptions::*time;
};

/// A duration that isn't 0, or never. Scope usage, with the flag's name.
Result<void> read_time(const tools::Flags& flags, const TimeFlag& flag, server::ServerOptions& options);

}  // namespace hawser
