// The figures that reports show of a run and its histograms.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tools/profile/result.h"

namespace hawser::profile {

/// One of the numbers of a histogram.
struct Figure {
  const char* name;  ///< "p99.9"
  const char* key;   ///< Of JSON and CSV: "p99_9".
  double percent;    ///< Below zero: it is no percentile.
  Duration (*value)(const Histogram&);
};
/// In the order in which they are shown.
std::span<const Figure> figures();

/// A histogram of a load, with the names that reports give it.
struct Measure {
  const char* name;  ///< "round trip"
  const char* key;   ///< "round_trip_us"
  Histogram LoadResult::*histogram;
  bool is_stage = false;  ///< Of those that add up to the round trip; its name is indented.
};
std::span<const Measure> measures();

/// So many samples make a percentile more than a guess: 100 beyond it. p99 needs 10,000, p99.9 100,000.
std::uint64_t samples_needed(double percent);

inline double microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }
inline double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }
/// Successful calls a second; 0 when nothing was measured.
double throughput(const RunResult& run, const LoadResult& load);
/// Of this process in microseconds, all services together; 0 when nothing was measured.
double cpu_a_call(const RunResult& run);
/// The same of the server's process.
double server_cpu_a_call(const RunResult& run);

/// Bytes of payload a call, of all that were counted.
double mean_payload(const LoadResult& load);
/// As it was asked for: "23 bytes", "16..4096 bytes".
std::string payload_text(const RunFacts& facts);
/// Why the server's stages are missing, if they were asked for; empty: they are not.
std::string timing_note(const RunResult& run, const RunResult::Part& part);

/// What the part's calls were: "echo", "crypto sign ecdsa-p256-sha256".
std::string title(const RunResult::Part& part);

}  // namespace hawser::profile
