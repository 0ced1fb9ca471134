// Calls of EchoService.Echo.
#pragma once

#include <cstddef>
#include <memory>

#include "tools/profile/work.h"

namespace hawser::profile {

std::unique_ptr<Work> make_echo_work(std::size_t payload_bytes);

}  // namespace hawser::profile
