// A run's numbers, for people.
#pragma once

#include <string>

#include "tools/profile/result.h"

namespace hawser::profile {

std::string text_report(const RunResult& run);

/// Of a run that is_lagging().
std::string lag_complaint(const RunResult& run);

}  // namespace hawser::profile
