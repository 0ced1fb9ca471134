#include <cstdio>

#include <absl/strings/escaping.h>

#include "tools/profile/exports.h"
#include "tools/profile/figures.h"
#include "tools/profile/hdr_encoding.h"

namespace hawser::profile {
namespace {

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.3f", value);
  return text;
}

}  // namespace

Result<std::string> hlog_report(const RunResult& run) {
  std::string log = "#[Logged with hawser-profile " + run.facts.version + "]\n";
  log += "#[Histogram log format version 1.3]\n";
  log += "#[StartTime: " + number(run.facts.began_at_s) + " (seconds since epoch)]\n";
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
      log += number(begin) + ',' + number(length) + ',' + number(microseconds(latency.max()) / 1e3) + ',';
      log += absl::Base64Escape(*encoded) + '\n';
      begin += length;
    }
  }
  return log;
}

}  // namespace hawser::profile
