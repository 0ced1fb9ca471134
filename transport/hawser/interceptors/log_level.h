// Which level a call is logged at.
#pragma once

#include <algorithm>

#include "hawser/base/log.h"

namespace hawser::interceptors {

/// The next more severe level, for calls that failed.
inline log::Level above(log::Level level) {
  return static_cast<log::Level>(std::min(static_cast<int>(level) + 1, static_cast<int>(log::Level::kError)));
}

}  // namespace hawser::interceptors
