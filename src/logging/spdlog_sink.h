// Structured log records on standard error: `time level message key=value …`, by spdlog.
#pragma once

#include <memory>
#include <string_view>

#include "hawser/base/log.h"
#include "hawser/base/result.h"

namespace hawser::logging {

/// trace, debug, info, warning, error, none. Scope usage for anything else.
Result<log::Level> parse_level(std::string_view name);

/// Thread-safe. Peer-controlled bytes are escaped, so that no peer writes log lines (CONFORMANCE S-31).
std::unique_ptr<log::Sink> make_spdlog_sink(log::Level level);

}  // namespace hawser::logging
