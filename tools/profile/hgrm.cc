#include <cmath>
#include <cstdio>

#include "tools/profile/exports.h"

namespace hawser::profile {
namespace {

constexpr int kTicksAHalf = 5;  // lines for each halving of the distance to 100 %

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string line(const char* format, auto... values) {
  char text[160];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

// The next percentile to show: the closer to 100, the smaller the steps.
double after(double percent) {
  const double halvings = std::floor(std::log2(100 / (100 - percent))) + 1;
  return percent + 100 / (kTicksAHalf * std::exp2(halvings));
}

double deviation(const Histogram& histogram) {
  const auto mean = static_cast<double>(histogram.mean().count());
  double sum = 0;
  for (std::size_t i = 0; i < histogram.buckets().size(); ++i) {
    if (histogram.buckets()[i] == 0) continue;
    const Duration middle = (Histogram::lower_end(i) + Histogram::upper_end(i)) / 2;
    const double distance = static_cast<double>(middle.count()) - mean;
    sum += distance * distance * static_cast<double>(histogram.buckets()[i]);
  }
  return histogram.count() == 0 ? 0 : std::sqrt(sum / static_cast<double>(histogram.count())) / 1e6;
}

std::string distribution(const Histogram& histogram) {
  std::string text = line("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const auto total = static_cast<double>(histogram.count());
  std::uint64_t seen = 0;
  double level = 0;
  for (std::size_t i = 0; i < histogram.buckets().size() && seen < histogram.count(); ++i) {
    if (histogram.buckets()[i] == 0) continue;
    seen += histogram.buckets()[i];
    const double here = 100 * static_cast<double>(seen) / total;
    const double value = milliseconds(std::min(Histogram::upper_end(i), histogram.max()));
    for (; seen < histogram.count() && here >= level; level = after(level)) {
      text += line("%12.6f %2.12f %10llu %14.2f\n", value, level / 100, static_cast<unsigned long long>(seen),
                   1 / (1 - level / 100));
    }
  }
  if (seen > 0) {
    text += line("%12.6f %2.12f %10llu\n", milliseconds(histogram.max()), 1.0,
                 static_cast<unsigned long long>(seen));
  }
  text += line("#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", milliseconds(histogram.mean()),
               deviation(histogram));
  text += line("#[Max     = %12.6f, Total count    = %12llu]\n", milliseconds(histogram.max()),
               static_cast<unsigned long long>(histogram.count()));
  return text + line("#[Buckets = %12d, SubBuckets     = %12d]\n", 32, 2048);
}

}  // namespace

std::string hgrm_report(const RunResult& run) {
  std::string text;
  for (const RunResult::Part& part : run.parts) {
    if (!text.empty()) text += '\n';
    text += distribution(part.headline());
  }
  return text;
}

}  // namespace hawser::profile
