// What hawser-profile stock measured, as a test wants it.
#pragma once

#include <string>
#include <utility>

#include "tools/profile/stock/result.h"
#include "unit/tools/sample_run.h"

namespace hawser::test {

/// Echo in a closed loop (even_run), whose calls cost the server `cpu` each.
inline profile::StockSample stock_sample(std::size_t intervals, Duration latency, Duration cpu,
                                         double rss_mib) {
  profile::StockSample sample{even_run(intervals, latency), rss_mib};
  sample.run.facts.payload_bytes = 23;
  sample.run.parts[0].width = {1, 100};
  sample.run.server = {7, cpu * sample.run.calls()};
  return sample;
}

/// Each round as its CPU time of stock and of hawser, in microseconds a call; latencies are 100 and 50 us and
/// more.
inline profile::StockResult stock_result(const std::vector<std::pair<int, int>>& rounds,
                                         std::size_t intervals = 20) {
  using std::chrono::microseconds;
  profile::StockResult result;
  result.names = {"stock grpc++ (async)", "hawser"};
  result.commands = {"stock-server --mode async", "hawser-server"};
  result.server_core = 0;
  result.load_core = 3;
  result.loads.push_back({"1 connection x 100 in flight", {}});
  for (const auto& [stock, hawser] : rounds) {
    result.loads[0].rounds.push_back({stock_sample(intervals, microseconds(100), microseconds(stock), 20),
                                      stock_sample(intervals, microseconds(50), microseconds(hawser), 10)});
  }
  return result;
}

}  // namespace hawser::test
