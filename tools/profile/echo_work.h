// Calls of EchoService.Echo.
#pragma once

#include <cstddef>
#include <memory>

#include "tools/profile/work.h"

namespace hawser::profile {

/// `server_time`: ask for the server's latency in each call.
std::unique_ptr<Work> make_echo_work(std::size_t payload_bytes, bool server_time);

}  // namespace hawser::profile
