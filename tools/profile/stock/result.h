// What hawser-profile stock measures: two servers under the same loads, in turn.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/profile/load_config.h"
#include "tools/profile/result.h"

namespace hawser::profile {

// Places of the servers in what follows: in the order in which they take turns. Ratios are of the second to
// the first.
inline constexpr std::size_t kStock = 0;
inline constexpr std::size_t kHawser = 1;
inline constexpr std::size_t kServers = 2;

/// One server in one round, started for it.
struct StockSample {
  RunResult run;  ///< Of one part.
  std::optional<double> peak_rss_mib;
};
using StockRound = std::array<StockSample, kServers>;

struct StockLoad {
  std::string title;               ///< "1 connection x 100 in flight"
  std::vector<StockRound> rounds;  ///< One at least.
};

struct StockResult {
  std::array<std::string, kServers> names;     ///< "stock grpc++ 1.51.1 (async)", "hawser"
  std::array<std::string, kServers> commands;  ///< How they were started.
  std::optional<int> server_core;              ///< Both servers'. None: not pinned.
  std::optional<int> load_core;
  std::vector<StockLoad> loads;
  std::vector<std::string> warnings;
};

/// "50 connections x 20 in flight", "10000 calls/s on 4 connections".
std::string title_of(const LoadConfig& load);

/// All rounds of one server as one: calls, times and histograms added up, timelines one behind the other; the
/// peak is that of the largest.
StockSample merged(const StockLoad& load, std::size_t server);

/// The result's warnings, and where the load's program had no more to give: calls/s is its limit there, too.
std::vector<std::string> all_warnings(const StockResult& result);

/// What an open loop may ask for that both servers hold with ease, judged by closed loops: a quarter of the
/// least throughput of any round, rounded down to 1, 2 or 5 times a power of ten, so that it seldom changes
/// from run to run. 1 at the least.
double rate_for_both(const std::vector<StockLoad>& closed);

}  // namespace hawser::profile
