// A run in the formats of other programs.
#pragma once

#include <string>

#include "hawser/base/result.h"
#include "tools/profile/result.h"

namespace hawser::profile {

/// A row for each histogram: service, measure, number of samples, and the figures in microseconds.
std::string csv_report(const RunResult& run);
/// A row for each interval: service, when it began, calls a second, errors, and latencies.
std::string csv_timeline(const RunResult& run);

/// The percentile distribution of the headline latency in milliseconds, as HdrHistogram's
/// outputPercentileDistribution writes it and its plotters read it. Two services: one after the other.
std::string hgrm_report(const RunResult& run);

/// The headline latencies of all intervals as an HdrHistogram log, version 1.3: values in nanoseconds, the
/// maximum of a line in milliseconds. Two services are two tags. Fails without zlib (scope usage).
Result<std::string> hlog_report(const RunResult& run);

}  // namespace hawser::profile
