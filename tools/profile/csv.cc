#include <string_view>

#include "tools/profile/decimal.h"
#include "tools/profile/exports.h"
#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

// RFC 4180: quoted where it has to be.
std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string figure_names() {
  std::string names;
  for (const Figure& figure : figures()) names.append(",").append(figure.key).append("_us");
  return names;
}

std::string figure_values(const Histogram& histogram) {
  std::string values;
  for (const Figure& figure : figures()) {
    values.append(",").append(decimal(microseconds(figure.value(histogram)), 3));
  }
  return values;
}

}  // namespace

std::string csv_report(const RunResult& run) {
  std::string csv = "service,measure,count" + figure_names() + '\n';
  for (const RunResult::Part& part : run.parts) {
    for (const Measure& measure : measures()) {
      const Histogram& histogram = part.load.*measure.histogram;
      if (histogram.count() == 0) continue;
      std::string_view name = measure.key;
      name.remove_suffix(std::string_view("_us").size());
      csv.append(csv_cell(title(part))).append(",").append(name);
      csv += ',' + std::to_string(histogram.count()) + figure_values(histogram) + '\n';
    }
  }
  return csv;
}

std::string csv_timeline(const RunResult& run) {
  std::string csv = "service,begin_s,length_s,ok,failed,ok_per_s" + figure_names() + '\n';
  for (const RunResult::Part& part : run.parts) {
    const Timeline& timeline = part.load.timeline;
    const double length = seconds(timeline.width());
    double begin = 0;
    for (const Interval& interval : timeline.intervals()) {
      Histogram latency;
      interval.latency.add_to(latency);
      csv += csv_cell(title(part)) + ',' + decimal(begin, 3) + ',' + decimal(length, 3) + ',';
      csv += std::to_string(interval.ok) + ',' + std::to_string(interval.failed) + ',';
      csv += decimal(static_cast<double>(interval.ok) / length, 1) + figure_values(latency) + '\n';
      begin += length;
    }
  }
  return csv;
}

}  // namespace hawser::profile
