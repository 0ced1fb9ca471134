#include "tools/profile/stock/result.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string percentage(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

// Puts a round's intervals behind `all`. What came after the last whole interval of the round (calls in
// flight that were waited for) counts as part of that one, so that intervals stay as long as the timeline
// says.
void append(const RunResult& run, std::vector<Interval>& all) {
  const Timeline& timeline = run.parts.front().load.timeline;
  const auto whole = static_cast<std::size_t>(std::max<std::int64_t>(1, run.elapsed / timeline.width()));
  const std::size_t before = all.size();
  for (const Interval& interval : timeline.intervals()) {
    if (all.size() - before < whole) {
      all.push_back(interval);
    } else {
      all.back().merge(interval);
    }
  }
}

void add(const RunResult& from, RunResult& to) {
  LoadResult load = from.parts.front().load;
  load.timeline = to.parts.front().load.timeline;  // an empty one, see merged()
  to.parts.front().load.merge(std::move(load));
  to.elapsed += from.elapsed;
  to.cpu += from.cpu;
  to.noise.hiccups.merge(from.noise.hiccups);
  if (!from.server) to.server.reset();
  if (to.server) to.server->cpu += from.server->cpu;
}

}  // namespace

std::string title_of(const LoadConfig& load) {
  const std::string connections = plural(load.width.connections, "connection");
  if (load.schedule.empty())
    return connections + " x " + std::to_string(load.width.concurrency) + " in flight";
  const auto rate = static_cast<std::uint64_t>(std::llround(load.schedule.phases().front().from));
  return std::to_string(rate) + " calls/s on " + connections;
}

StockSample merged(const StockLoad& load, std::size_t server) {
  StockSample all = load.rounds.front()[server];
  const Duration width = all.run.parts.front().load.timeline.width();
  all.run.parts.front().load.timeline = Timeline(width, {});
  std::vector<Interval> intervals;
  for (const StockRound& round : load.rounds) {
    const StockSample& sample = round[server];
    // Timelines of very long rounds can have other widths; plots then lack those.
    if (sample.run.parts.front().load.timeline.width() == width) append(sample.run, intervals);
    if (&round == &load.rounds.front()) continue;
    add(sample.run, all.run);
    if (!sample.peak_rss_mib || !all.peak_rss_mib) {
      all.peak_rss_mib.reset();
    } else {
      all.peak_rss_mib = std::max(*all.peak_rss_mib, *sample.peak_rss_mib);
    }
  }
  all.run.parts.front().load.timeline = Timeline(width, std::move(intervals));
  return all;
}

std::vector<std::string> all_warnings(const StockResult& result) {
  constexpr double kBusy = 0.9;
  std::vector<std::string> warnings = result.warnings;
  for (const StockLoad& load : result.loads) {
    for (std::size_t server = 0; server < kServers; ++server) {
      const RunResult run = merged(load, server).run;
      // Pinned, its threads share a core.
      const double cores = result.load_core ? 1 : static_cast<double>(run.facts.threads);
      const double share = run.elapsed > Duration{} ? seconds(run.cpu) / seconds(run.elapsed) / cores : 0;
      if (run.parts.front().is_open || share < kBusy) continue;
      warnings.push_back(load.title + ": hawser-profile was busy for " + percentage(share) +
                         " of the time with " + result.names[server] +
                         ": calls/s and latencies are its own limit, too; CPU time a call is not");
    }
  }
  return warnings;
}

double rate_for_both(const std::vector<StockLoad>& closed) {
  double least = 0;
  for (const StockLoad& load : closed) {
    for (const StockRound& round : load.rounds) {
      for (const StockSample& sample : round) {
        const double rate = throughput(sample.run, sample.run.parts.front().load);
        least = least == 0 ? rate : std::min(least, rate);
      }
    }
  }
  const double most = least / 4;
  if (most < 1) return 1;
  const double decade = std::pow(10, std::floor(std::log10(most)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * decade <= most) return factor * decade;
  }
  return decade;
}

}  // namespace hawser::profile
