#include "tools/profile/page_data.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/profile/figures.h"
#include "tools/profile/json_writer.h"
#include "tools/profile/slices.h"

namespace hawser::profile {
namespace {

constexpr int kCellsPerOctave = 8;
constexpr int kPointsPerDecade = 20;
constexpr int kPageDigits = 3;  // digits of microseconds

// The x of a curve up to `most`: powers of ten are exact, so that percentiles with names are.
std::vector<double> curve_points(double most) {
  std::vector<double> points;
  for (double decade = 1; decade < most; decade *= 10) {
    for (int i = 0; i < kPointsPerDecade; ++i) {
      const double x = i == 0 ? decade : decade * std::pow(10.0, static_cast<double>(i) / kPointsPerDecade);
      if (x < most) points.push_back(x);
    }
  }
  return points;
}

void write_curve(JsonWriter& json, const Histogram& histogram) {
  const auto most = static_cast<double>(histogram.count());
  const std::vector<double> points = curve_points(most);
  json.open_object("curve");
  json.open_list("one_in");
  for (const double x : points) json.number({}, x, 6);
  if (histogram.count() > 0) json.number({}, most, 0);
  json.close_list();
  json.open_list("us");
  for (const double x : points) {
    json.number({}, microseconds(histogram.percentile(100 - 100 / x)), kPageDigits);
  }
  if (histogram.count() > 0) json.number({}, microseconds(histogram.max()), kPageDigits);
  json.close_list();
  json.close_object();
}

int cell_of(std::uint32_t bucket) {
  const auto nanoseconds = static_cast<double>(Histogram::upper_end(bucket).count());
  return static_cast<int>(std::floor(std::log2(std::max(1.0, nanoseconds)) * kCellsPerOctave));
}

void write_cells(JsonWriter& json, const std::vector<Slice>& timeline) {
  json.open_list("cells");
  for (const Slice& slice : timeline) {
    std::map<int, std::uint64_t> cells;
    for (const SparseHistogram::Bucket& bucket : slice.interval.latency.buckets()) {
      cells[cell_of(bucket.index)] += bucket.count;
    }
    json.open_list({});
    for (const auto& [cell, calls] : cells) {
      json.count({}, static_cast<std::uint64_t>(cell));
      json.count({}, calls);
    }
    json.close_list();
  }
  json.close_list();
}

void write_rates(JsonWriter& json, const char* name, const std::vector<Slice>& timeline,
                 std::uint64_t Interval::*count) {
  json.open_list(name);
  for (const Slice& slice : timeline) json.number({}, slice.rate_of(slice.interval.*count), 1);
  json.close_list();
}

void write_percentiles(JsonWriter& json, const char* name, const std::vector<Slice>& timeline,
                       double percent) {
  json.open_list(name);
  for (const Slice& slice : timeline) {
    Histogram latency;
    slice.interval.latency.add_to(latency);
    if (latency.count() == 0) {
      json.nothing({});
    } else {
      json.number({}, microseconds(latency.percentile(percent)), kPageDigits);
    }
  }
  json.close_list();
}

void write_edges(JsonWriter& json, const std::vector<Slice>& timeline) {
  json.open_list("edges_s");
  for (const Slice& slice : timeline) json.number({}, seconds(slice.begin), 6);
  if (!timeline.empty()) json.number({}, seconds(timeline.back().begin + timeline.back().length), 6);
  json.close_list();
}

void write_page_part(JsonWriter& json, const RunResult& run, const RunResult::Part& part) {
  const std::vector<Slice> timeline = slices(part.load.timeline, run.elapsed);
  json.open_object();
  json.text("title", title(part));
  json.text("headline", part.is_open ? "intended" : "round trip");
  write_curve(json, part.headline());
  json.open_object("timeline");
  write_edges(json, timeline);
  write_rates(json, "ok_per_s", timeline, &Interval::ok);
  write_rates(json, "failed_per_s", timeline, &Interval::failed);
  write_percentiles(json, "p50_us", timeline, 50);
  write_percentiles(json, "p99_us", timeline, 99);
  write_cells(json, timeline);
  json.close_object();
  json.close_object();
}

}  // namespace

std::string page_data(std::span<const NamedRun> runs) {
  JsonWriter json;
  json.open_object();
  json.count("cells_per_octave", kCellsPerOctave);
  json.open_list("runs");
  for (const NamedRun& named : runs) {
    json.open_object();
    json.text("name", named.name);
    json.open_list("parts");
    for (const RunResult::Part& part : named.run.parts) write_page_part(json, named.run, part);
    json.close_list();
    json.close_object();
  }
  json.close_list();
  json.close_object();
  return json.str();
}

}  // namespace hawser::profile
