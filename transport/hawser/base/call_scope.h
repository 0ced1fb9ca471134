// The call on whose behalf others are made: none of them should run longer than it (P-35).
#pragma once

#include "hawser/base/cancellation.h"
#include "hawser/base/clock.h"

namespace hawser {

struct CallScope {
  Instant deadline = kNever;
  /// Cancelled when that call is, and when it is over in whatever way. Of nothing: only the deadline counts.
  Cancellation cancellation;
};

}  // namespace hawser
