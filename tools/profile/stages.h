// Where the time of a call's round trip went. Only lengths are taken from the server, never its clock.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/client/server_timing.h"

namespace hawser::profile {

/// They add up to the round trip. Without the server's word, its three are part of the wire.
struct Stages {
  Duration client_queue{};  ///< From the send until the request is in the connection's output.
  Duration server_queue{};
  Duration handler{};
  Duration reply_write{};
  Duration wire{};  ///< The rest: kernel and network both ways, and waiting for this program's loop.
};

/// What doesn't fit, because clocks run at different speeds or the server is wrong, is cut: `client_queue` to
/// the round trip, the server's stages, in their order, to what is left.
Stages split(Duration round_trip, Duration client_queue, const grpc::ServerTiming& server);

}  // namespace hawser::profile
