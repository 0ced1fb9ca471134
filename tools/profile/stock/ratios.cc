#include "tools/profile/stock/ratios.h"

#include <algorithm>

#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

const Histogram& latency_of(const StockSample& sample) { return sample.run.parts.front().headline(); }

std::optional<double> throughput_of(const StockSample& sample, double) {
  return throughput(sample.run, sample.run.parts.front().load);
}

std::optional<double> server_cpu_of(const StockSample& sample, double) {
  return sample.run.server ? std::optional<double>(server_cpu_a_call(sample.run)) : std::nullopt;
}

std::optional<double> client_cpu_of(const StockSample& sample, double) { return cpu_a_call(sample.run); }

std::optional<double> rss_of(const StockSample& sample, double) { return sample.peak_rss_mib; }

std::optional<double> percentile_of(const StockSample& sample, double percent) {
  if (latency_of(sample).count() == 0) return std::nullopt;
  return microseconds(latency_of(sample).percentile(percent));
}

constexpr StockMetric kMetrics[] = {
    {"calls/s", "throughput_per_s", "throughput", 0, -1, &throughput_of},
    {"server CPU, us/call", "server_cpu_us_per_call", "cpu", 2, -1, &server_cpu_of},
    {"server peak RSS, MiB", "server_peak_rss_mib", "rss", 1, -1, &rss_of},
    {"p50, us", "p50_us", "p50", 1, 50, &percentile_of},
    {"p90, us", "p90_us", "p90", 1, 90, &percentile_of},
    {"p99, us", "p99_us", "p99", 1, 99, &percentile_of},
    {"p99.9, us", "p99_9_us", "p99.9", 1, 99.9, &percentile_of},
    {"p99.99, us", "p99_99_us", "p99.99", 1, 99.99, &percentile_of},
    {"generator CPU, us/call", "client_cpu_us_per_call", "client-cpu", 2, -1, &client_cpu_of},
};

std::optional<double> quotient(std::optional<double> value, std::optional<double> by) {
  if (!value || !by || *by <= 0) return std::nullopt;
  return *value / *by;
}

// None where a round lacks it, or the calls for it.
std::vector<double> ratios_by_round(const StockLoad& load, const StockMetric& metric) {
  std::vector<double> ratios;
  for (const StockRound& round : load.rounds) {
    const auto ratio =
        quotient(metric.value(round[kHawser], metric.percent), metric.value(round[kStock], metric.percent));
    const bool is_supported = metric.is_supported_by(round[kStock]) && metric.is_supported_by(round[kHawser]);
    if (!ratio || !is_supported) return {};
    ratios.push_back(*ratio);
  }
  return ratios;
}

}  // namespace

bool StockMetric::is_supported_by(const StockSample& sample) const {
  return percent < 0 || latency_of(sample).count() >= samples_needed(percent);
}

std::span<const StockMetric> stock_metrics() { return kMetrics; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<StockRatio> ratios_of(const StockLoad& load) {
  const std::array<StockSample, kServers> all = {merged(load, kStock), merged(load, kHawser)};
  std::vector<StockRatio> table;
  for (const StockMetric& metric : kMetrics) {
    StockRatio row;
    row.metric = &metric;
    for (std::size_t server = 0; server < kServers; ++server) {
      row.values[server] = metric.value(all[server], metric.percent);
      row.is_supported[server] = metric.is_supported_by(all[server]);
    }
    const std::vector<double> by_round = ratios_by_round(load, metric);
    if (by_round.empty()) {
      row.ratio = quotient(row.values[kHawser], row.values[kStock]);
    } else {
      row.ratio = median(by_round);
    }
    if (by_round.size() > 1) {
      const auto [least, greatest] = std::minmax_element(by_round.begin(), by_round.end());
      row.range = Extremes{*least, *greatest};
    }
    table.push_back(row);
  }
  return table;
}

}  // namespace hawser::profile
