#include "src/metrics/families.h"

#include <limits>

namespace hawser::metrics {
namespace {

prometheus::MetricFamily family(std::string_view name, std::string_view help, prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

}  // namespace

prometheus::MetricFamily counter_family(std::string_view name, std::string_view help) {
  return family(name, help, prometheus::MetricType::Counter);
}
prometheus::MetricFamily gauge_family(std::string_view name, std::string_view help) {
  return family(name, help, prometheus::MetricType::Gauge);
}
prometheus::MetricFamily histogram_family(std::string_view name, std::string_view help) {
  return family(name, help, prometheus::MetricType::Histogram);
}

void add_value(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

void add_histogram(prometheus::MetricFamily& family, Labels labels, const Histogram& histogram) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < Histogram::kBounds; ++i) {
    total += histogram.count(i);
    metric.histogram.bucket.push_back({total, seconds(Histogram::bound(i))});
  }
  total += histogram.count(Histogram::kBounds);
  metric.histogram.bucket.push_back({total, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = total;
  metric.histogram.sample_sum = seconds(histogram.sum());
  family.metric.push_back(std::move(metric));
}

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace hawser::metrics
