// What became of an offered job.
#pragma once

#include <optional>

#include "hawser/base/clock.h"
#include "src/lanes/lane.h"

namespace hawser::lanes {

struct Admission {
  std::optional<Reason> refused;  ///< Nothing: it was accepted, and may have run already.
  Duration retry_after{};         ///< When it is refused for the load: by then there should be room.

  bool accepted() const { return !refused.has_value(); }
};

}  // namespace hawser::lanes
