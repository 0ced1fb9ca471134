// A run's numbers, for people and for programs.
#pragma once

#include <string>

#include "tools/profile/result.h"

namespace hawser::profile {

std::string text_report(const RunResult& run);

/// One JSON object in one line. Latencies are in microseconds. A run of two services has an object for each,
/// under its name.
std::string json_report(const RunResult& run);

/// Of a run that is_lagging().
std::string lag_complaint(const RunResult& run);

}  // namespace hawser::profile
