// Calls of any unary method of any server, with JSON requests.
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "tools/profile/load_config.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// The method is looked up in config.call's descriptor set, or else in what the server says of itself by
/// reflection. Fails when there is no such method, it streams, a request doesn't fit (all scope usage), or
/// the server doesn't answer.
Result<std::unique_ptr<Work>> make_call_work(const LoadConfig& config);

}  // namespace hawser::profile
