#pragma once

#include "hawser/base/clock.h"

namespace hawser::client {

/// When things happened, by the loop's clock (read once a turn). What did not happen is Instant{}.
struct CallTimes {
  Instant started;     ///< start() was called.
  Instant sent;        ///< The request headers went into the connection.
  Instant first_byte;  ///< The response headers had come.
  Instant done;        ///< The call ended.
};

}  // namespace hawser::client
