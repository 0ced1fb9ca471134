// Runs as one HTML page that needs nothing but a browser: no network, no other file.
#pragma once

#include <span>
#include <string>

#include "tools/profile/comparison.h"
#include "tools/profile/result.h"

namespace hawser::profile {

std::string html_report(const RunResult& run);
/// Runs beside and over each other; `comparison` is theirs.
std::string html_comparison(std::span<const NamedRun> runs, const Comparison& comparison);

}  // namespace hawser::profile
