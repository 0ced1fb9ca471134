// A run's numbers, for people and for programs.
#pragma once

#include <string>

#include "tools/profile/load.h"
#include "tools/profile/load_config.h"

namespace hawser::profile {

std::string text_report(const LoadConfig& config, const RunResult& run);

/// One JSON object in one line. Latencies are in microseconds. A run of two services has an object for each,
/// under its name.
std::string json_report(const LoadConfig& config, const RunResult& run);

}  // namespace hawser::profile
