#include "tools/profile/report.h"

#include <cstdio>
#include <string_view>

#include "tools/common/parse.h"
#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string text_row(const char* name, const Histogram& histogram) {
  char label[32];
  std::snprintf(label, sizeof(label), "  %-14s", name);
  std::string row = label;
  for (const Figure& figure : figures()) row += number(" %9.1f", microseconds(figure.value(histogram)));
  return row + '\n';
}

std::string text_header() {
  std::string row = "latency, us     ";
  char cell[16];
  for (const Figure& figure : figures()) {
    std::snprintf(cell, sizeof(cell), " %9s", figure.name);
    row += cell;
  }
  return row + '\n';
}

// "p99.9, p99.99": those that so many samples don't carry.
std::string unsupported(std::uint64_t samples) {
  std::string names;
  for (const Figure& figure : figures()) {
    if (figure.percent < 0 || samples >= samples_needed(figure.percent)) continue;
    names.append(names.empty() ? "" : ", ").append(figure.name);
  }
  return names;
}

std::string status_counts(const LoadResult& load) {
  std::string text;
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (load.by_status[code] == 0) continue;
    if (!text.empty()) text += ", ";
    text.append(to_string(static_cast<grpc::StatusCode>(code))).append(" ");
    text += std::to_string(load.by_status[code]);
  }
  return text;
}

std::string text_service(const RunResult& run, const RunResult::Part& part) {
  std::string text =
      "service     " + title(part) + ", " + std::to_string(part.width.connections) + " connection(s)";
  text += part.is_open ? ", " + run.facts.arrivals + " arrivals " + run.facts.schedule
                       : " x " + std::to_string(part.width.concurrency) + " in flight";
  if (part.name == kCallName) return text + '\n';
  text += ", payload " + payload_text(run.facts);
  if (!run.facts.payload_sizes.empty())
    text += ", " + number("%.1f", mean_payload(part.load)) + " on average";
  return text + '\n';
}

// What the rows of the stages say already.
bool is_sum_of_stages(const Measure& measure, const LoadResult& load) {
  return measure.histogram == &LoadResult::remainder ||
         (measure.histogram == &LoadResult::server && load.handler.count() > 0);
}

std::string text_latencies(const RunResult::Part& part) {
  std::string text = text_header();
  for (const Measure& measure : measures()) {
    const Histogram& histogram = part.load.*measure.histogram;
    if (is_sum_of_stages(measure, part.load)) continue;
    if (histogram.count() > 0 || measure.histogram == &LoadResult::round_trip) {
      text += text_row(measure.name, histogram);
    }
  }
  const std::string few = unsupported(part.headline().count());
  if (!few.empty()) {
    text += "few calls   " + std::to_string(part.headline().count()) + " are too few for " + few + '\n';
  }
  return text;
}

std::string text_part(const RunResult& run, const RunResult::Part& part) {
  const LoadResult& load = part.load;
  std::string text = text_service(run, part);
  text += "calls       " + status_counts(load) + " in " + tools::format_duration(run.elapsed) + '\n';
  text += "throughput  " + number("%.0f", throughput(run, load)) + " successful calls/s, " +
          number("%.3f", static_cast<double>(load.bytes_sent) / 1e6) + " MB sent, " +
          number("%.3f", static_cast<double>(load.bytes_received) / 1e6) + " MB received\n";
  text += text_latencies(part);
  if (const std::string note = timing_note(run, part); !note.empty()) text += "stages      " + note + '\n';
  if (load.waited_for_room > 0) {
    text += "late        " + std::to_string(load.waited_for_room) +
            " calls: as many as may be were in flight (--max-outstanding)\n";
  }
  if (part.is_open && part.is_lagging(run.facts.lag_limit)) {
    text += "lagging     these numbers are of this program, too\n";
  }
  if (!load.first_failure.empty()) text += "failed with " + load.first_failure + '\n';
  return text;
}

std::string text_machine(const RunResult& run) {
  std::string text = "processor   client " + number("%.2f", cpu_a_call(run)) + " us a call";
  if (run.server) {
    text += ", server (process " + std::to_string(run.server->pid) + ") " +
            number("%.2f", server_cpu_a_call(run)) + " us a call";
  }
  text += '\n';
  const Histogram& hiccups = run.noise.hiccups;
  if (hiccups.count() == 0) return text;
  return text + "machine     wakes a sleeper late by p50 " + tools::format_duration(hiccups.percentile(50)) +
         ", p99 " + tools::format_duration(hiccups.percentile(99)) + ", max " +
         tools::format_duration(hiccups.max()) + "; clock steps " +
         tools::format_duration(run.noise.clock_resolution) + '\n';
}

}  // namespace

std::string text_report(const RunResult& run) {
  std::string text = "target      " + run.facts.target + '\n';
  for (const RunResult::Part& part : run.parts) text += text_part(run, part);
  return text + text_machine(run);
}

std::string lag_complaint(const RunResult& run) {
  return "this program itself lagged: more than 1 % of the calls were sent over " +
         tools::format_duration(run.facts.lag_limit) +
         " late, which no server is to blame for; a lower rate, more --threads or processors help";
}

}  // namespace hawser::profile
