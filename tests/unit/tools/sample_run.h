// A run as a test wants it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tools/profile/result.h"

namespace hawser::test {

/// Echo in a closed loop for `intervals` of 100 ms with 1000 calls each: half of them take `latency`, the
/// others up to twice as long, evenly, and every interval is like the others.
inline profile::RunResult even_run(std::size_t intervals, Duration latency) {
  profile::RunResult run;
  run.facts.target = "127.0.0.1:5";
  run.facts.version = "1.2.3";
  run.parts.emplace_back();
  profile::RunResult::Part& part = run.parts[0];
  part.name = profile::kEchoName;
  part.method = "/echo.EchoService/Echo";
  std::vector<profile::Interval> all;
  for (std::size_t i = 0; i < intervals; ++i) {
    profile::Histogram histogram;
    for (int k = 0; k < 1000; ++k) {
      const Duration value = k < 500 ? latency : latency + latency * (k - 499) / 500;
      histogram.record(value);
      part.load.round_trip.record(value);
    }
    all.push_back({1000, 0, profile::SparseHistogram(histogram)});
  }
  part.load.by_status[0] = 1000 * intervals;
  part.load.timeline = profile::Timeline(std::chrono::milliseconds(100), std::move(all));
  run.elapsed = std::chrono::milliseconds(100) * intervals;
  run.cpu = std::chrono::microseconds(5) * 1000 * intervals;
  return run;
}

}  // namespace hawser::test
