// The tables of the page, as HTML: they are there without JavaScript, too.
#pragma once

#include <span>
#include <string>

#include "tools/profile/comparison.h"

namespace hawser::profile {

/// A line for each service of each run: what one wants to know first.
std::string glance_table(std::span<const NamedRun> runs);
/// Numbers with their ranges and the ratios to the first run.
std::string comparison_table(std::span<const NamedRun> runs, const Comparison& comparison);
/// All kinds of latency of each service.
std::string latency_tables(std::span<const NamedRun> runs);
/// What was run, by what, on what.
std::string facts_table(std::span<const NamedRun> runs);

}  // namespace hawser::profile
