// Calls of EchoService.Echo.
#pragma once

#include <memory>

#include "tools/profile/payload_size.h"
#include "tools/profile/work.h"

namespace hawser::profile {

std::unique_ptr<Work> make_echo_work(PayloadDraws payloads);

}  // namespace hawser::profile
