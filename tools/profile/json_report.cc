#include <absl/strings/escaping.h>

#include "tools/profile/figures.h"
#include "tools/profile/hdr_encoding.h"
#include "tools/profile/json_writer.h"
#include "tools/profile/result_json.h"

namespace hawser::profile {
namespace {

constexpr int kNanosecond = 3;  // digits of microseconds

void write_histogram(JsonWriter& json, std::string_view name, const Histogram& histogram) {
  json.open_object(name);
  json.count("count", histogram.count());
  for (const Figure& figure : figures()) {
    json.number(figure.key, microseconds(figure.value(histogram)), kNanosecond);
  }
  json.text("hdr", absl::Base64Escape(hdr_encode(histogram)));
  json.close_object();
}

void write_timeline(JsonWriter& json, const Timeline& timeline) {
  json.open_object("timeline");
  json.number("interval_s", seconds(timeline.width()), 9);
  json.open_list("intervals");
  for (const Interval& interval : timeline.intervals()) {
    Histogram latency;
    interval.latency.add_to(latency);
    json.open_object();
    json.count("ok", interval.ok);
    json.count("failed", interval.failed);
    if (latency.count() > 0) {
      for (const Figure& figure : figures()) {
        json.number(figure.key, microseconds(figure.value(latency)), kNanosecond);
      }
      json.text("hdr", absl::Base64Escape(hdr_encode(latency)));
    }
    json.close_object();
  }
  json.close_list();
  json.close_object();
}

void write_statuses(JsonWriter& json, const LoadResult& load) {
  json.open_object("statuses");
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (load.by_status[code] == 0) continue;
    json.count(to_string(static_cast<grpc::StatusCode>(code)), load.by_status[code]);
  }
  json.close_object();
}

// The members of a part, into an object that is open.
void write_part(JsonWriter& json, const RunResult& run, const RunResult::Part& part) {
  const LoadResult& load = part.load;
  json.text("method", part.method);
  json.count("connections", part.width.connections);
  json.count("concurrency", part.width.concurrency);
  json.text("loop", part.is_open ? "open" : "closed");
  if (part.name == kCryptoName) {
    json.text("operation", part.operation);
    json.text("algorithm", part.algorithm);
  }
  json.count("calls", load.calls());
  json.count("failed", load.failed());
  json.number("throughput_per_s", throughput(run, load), 1);
  write_statuses(json, load);
  json.count("bytes_sent", load.bytes_sent);
  json.count("bytes_received", load.bytes_received);
  json.count("payload_bytes_sent", load.payload_bytes);
  for (const Measure& measure : measures()) {
    const Histogram& histogram = load.*measure.histogram;
    const bool is_always_there = measure.histogram == &LoadResult::round_trip;
    if (is_always_there || histogram.count() > 0) write_histogram(json, measure.key, histogram);
  }
  if (part.is_open) {
    json.count("waited_for_room", load.waited_for_room);
    json.flag("lagging", part.is_lagging(run.facts.lag_limit));
  }
  if (!load.first_failure.empty()) json.text("first_failure", load.first_failure);
  write_timeline(json, load.timeline);
}

void write_facts(JsonWriter& json, const RunFacts& facts) {
  json.open_object("facts");
  write_common_facts(json, facts);
  json.count("threads", facts.threads);
  if (facts.asks_timing) json.flag("asks_timing", true);
  if (!facts.schedule.empty()) {
    json.text("arrivals", facts.arrivals);
    json.text("schedule", facts.schedule);
    json.number("lag_limit_us", microseconds(facts.lag_limit), kNanosecond);
  }
  json.close_object();
}

void write_noise(JsonWriter& json, const MachineNoise& noise) {
  json.open_object("machine");
  json.number("clock_resolution_ns", static_cast<double>(noise.clock_resolution.count()), 0);
  json.number("clock_cost_ns", static_cast<double>(noise.clock_cost.count()), 0);
  write_histogram(json, "hiccups_us", noise.hiccups);
  json.close_object();
}

}  // namespace

void write_common_facts(JsonWriter& json, const RunFacts& facts) {
  json.text("version", facts.version);
  if (!facts.commit.empty()) json.text("commit", facts.commit);
  json.text("command", facts.command);
  json.text("kernel", facts.kernel);
  json.text("processor", facts.processor);
  json.count("processors", facts.processors);
  json.number("began_at_s", facts.began_at_s, kNanosecond);
}

std::string json_report(const RunResult& run) {
  JsonWriter json;
  json.open_object();
  json.text("target", run.facts.target);
  if (run.facts.payload_sizes.empty()) {
    json.count("payload_bytes", run.facts.payload_bytes);
  } else {
    json.text("payload_sizes", run.facts.payload_sizes);
  }
  json.number("elapsed_s", seconds(run.elapsed), 9);
  json.number("client_cpu_us_per_call", cpu_a_call(run), 3);
  json.number("client_cpu_s", seconds(run.cpu), 9);
  if (run.server) {
    json.number("server_cpu_us_per_call", server_cpu_a_call(run), 3);
    json.number("server_cpu_s", seconds(run.server->cpu), 9);
    json.count("server_pid", static_cast<std::uint64_t>(run.server->pid));
  }
  if (run.parts.size() == 1) {
    json.text("service", run.parts.front().name);
    write_part(json, run, run.parts.front());
  } else {
    json.text("service", "both");
    for (const RunResult::Part& part : run.parts) {
      json.open_object(part.name);
      write_part(json, run, part);
      json.close_object();
    }
  }
  write_facts(json, run.facts);
  write_noise(json, run.noise);
  json.close_object();
  return json.str() + '\n';
}

}  // namespace hawser::profile
