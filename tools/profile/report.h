// A run's numbers, for people and for programs.
#pragma once

#include <string>

#include "tools/profile/closed_loop.h"
#include "tools/profile/load_config.h"

namespace hawser::profile {

std::string text_report(const LoadConfig& config, const LoadResult& result);

/// One JSON object in one line. Latencies are in microseconds.
std::string json_report(const LoadConfig& config, const LoadResult& result);

}  // namespace hawser::profile
