#include "tools/profile/stages.h"

#include <algorithm>

namespace hawser::profile {

Stages split(Duration round_trip, Duration client_queue, const grpc::ServerTiming& server) {
  Duration left = std::max(round_trip, Duration{});
  const auto take = [&left](Duration wanted) {
    const Duration taken = std::clamp(wanted, Duration{}, left);
    left -= taken;
    return taken;
  };
  Stages stages;
  stages.client_queue = take(client_queue);
  stages.server_queue = take(server.queue);
  stages.handler = take(server.handler);
  stages.reply_write = take(server.reply);
  stages.wire = left;
  return stages;
}

}  // namespace hawser::profile
