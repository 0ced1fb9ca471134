
#include <absl/strings/escaping.h>

#include "tools/profile/decimal.h"
#include "tools/profile/exports.h"
#include "tools/profile/figures.h"
#include "tools/profile/hdr_encoding.h"

namespace hawser::profile {
Result<std::string> hlog_report(const RunResult& run) {
  std::string log = "#[Logged with hawser-profile " + run.facts.version + "]\n";
  log += "#[Histogram log format version 1.3]\n";
  log += "#[StartTime: " + decimal(run.facts.began_at_s, 3) + " (seconds since epoch)]\n";
  log += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  for (const RunResult::Part& part : run.parts) {
    const double length = seconds(part.load.timeline.width());
    double begin = 0;
    for (const Interval& interval : part.load.timeline.intervals()) {
      Histogram latency;
      interval.latency.add_to(latency);
      const auto encoded = hdr_encode_compressed(latency);
      if (!encoded) return tl::unexpected<Error>(encoded.error());
      if (run.parts.size() > 1) log += "Tag=" + part.name + ',';
      log += decimal(begin, 3) + ',' + decimal(length, 3) + ',' +
             decimal(microseconds(latency.max()) / 1e3, 3) + ',';
      log += absl::Base64Escape(*encoded) + '\n';
      begin += length;
    }
  }
  return log;
}

}  // namespace hawser::profile
