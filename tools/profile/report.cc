#include "tools/profile/report.h"

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "tools/common/parse.h"

namespace hawser::profile {
namespace {

double microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }
double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

// 0 when nothing was measured.
double ratio(double value, double by) { return by > 0 ? value / by : 0; }

double throughput(const RunResult& run, const LoadResult& load) {
  return ratio(static_cast<double>(load.of(grpc::StatusCode::kOk)), seconds(run.elapsed));
}

double cpu_a_call(const RunResult& run) {
  return ratio(microseconds(run.cpu), static_cast<double>(run.calls()));
}

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

struct Column {
  const char* name;
  const char* key;
  Duration (*value)(const Histogram&);
};
constexpr Column kColumns[] = {
    {"min", "min", [](const Histogram& h) { return h.min(); }},
    {"mean", "mean", [](const Histogram& h) { return h.mean(); }},
    {"p50", "p50", [](const Histogram& h) { return h.percentile(50); }},
    {"p90", "p90", [](const Histogram& h) { return h.percentile(90); }},
    {"p99", "p99", [](const Histogram& h) { return h.percentile(99); }},
    {"p99.9", "p99_9", [](const Histogram& h) { return h.percentile(99.9); }},
    {"max", "max", [](const Histogram& h) { return h.max(); }},
};

std::string text_row(const char* name, const Histogram& histogram) {
  char label[32];
  std::snprintf(label, sizeof(label), "  %-10s", name);
  std::string row = label;
  for (const Column& column : kColumns) row += number(" %9.1f", microseconds(column.value(histogram)));
  return row + '\n';
}

std::string text_header() {
  std::string row = "latency, us ";
  char cell[16];
  for (const Column& column : kColumns) {
    std::snprintf(cell, sizeof(cell), " %9s", column.name);
    row += cell;
  }
  return row + '\n';
}

std::string statuses(const LoadResult& load) {
  std::string text;
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (load.by_status[code] == 0) continue;
    if (!text.empty()) text += ", ";
    text.append(to_string(static_cast<grpc::StatusCode>(code))).append(" ");
    text += std::to_string(load.by_status[code]);
  }
  return text;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append("\\").push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_latency(const Histogram& histogram) {
  std::string object = "{\"count\":" + std::to_string(histogram.count());
  for (const Column& column : kColumns) {
    object.append(",\"").append(column.key).append("\":");
    object += number("%.3f", microseconds(column.value(histogram)));
  }
  return object + '}';
}

std::string json_statuses(const LoadResult& load) {
  std::string object = "{";
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (load.by_status[code] == 0) continue;
    if (object.size() > 1) object += ',';
    object += json_string(to_string(static_cast<grpc::StatusCode>(code))) + ':';
    object += std::to_string(load.by_status[code]);
  }
  return object + '}';
}

// What the part's calls were: "echo", "crypto sign ecdsa-p256-sha256".
std::string title(const RunResult::Part& part) {
  if (part.name != kCryptoName) return part.name;
  return part.name + ' ' + part.operation + ' ' + part.algorithm;
}

std::string text_open_loop(const RunResult& run, const RunResult::Part& part) {
  const LoadResult& load = part.load;
  std::string text = text_row("intended", load.intended) + text_row("round trip", load.round_trip) +
                     text_row("dispatch", load.dispatch_delay);
  if (load.waited_for_room > 0) {
    text += "late        " + std::to_string(load.waited_for_room) +
            " calls: as many as may be were in flight (--max-outstanding)\n";
  }
  if (part.is_lagging(run.facts.lag_limit)) {
    text += text_row("lag", load.generator_lag) + "lagging     these numbers are of this program, too\n";
  }
  return text;
}

std::string text_part(const RunResult& run, const RunResult::Part& part) {
  const LoadResult& load = part.load;
  std::string text =
      "service     " + title(part) + ", " + std::to_string(part.width.connections) + " connection(s)";
  text += part.is_open ? ", " + run.facts.arrivals + " arrivals " + run.facts.schedule
                       : " x " + std::to_string(part.width.concurrency) + " in flight";
  text += ", payload " + std::to_string(run.facts.payload_bytes) + " bytes\n";
  text += "calls       " + statuses(load) + " in " + tools::format_duration(run.elapsed) + '\n';
  text += "throughput  " + number("%.0f", throughput(run, load)) + " successful calls/s, client CPU " +
          number("%.2f", cpu_a_call(run)) + " us a call\n";
  text += text_header();
  text += part.is_open ? text_open_loop(run, part) : text_row("round trip", load.round_trip);
  if (load.refused.count() > 0) text += text_row("refused", load.refused);
  if (load.server.count() > 0)
    text += text_row("server", load.server) + text_row("remainder", load.remainder);
  if (!load.first_failure.empty()) text += "failed with " + load.first_failure + '\n';
  return text;
}

// The members of a part, without braces.
std::string json_part(const RunResult& run, const RunResult::Part& part) {
  const LoadResult& load = part.load;
  std::string text = "\"connections\":" + std::to_string(part.width.connections);
  text += ",\"concurrency\":" + std::to_string(part.width.concurrency);
  if (part.name == kCryptoName) {
    text += ",\"operation\":" + json_string(part.operation);
    text += ",\"algorithm\":" + json_string(part.algorithm);
  }
  text += ",\"calls\":" + std::to_string(load.calls()) + ",\"failed\":" + std::to_string(load.failed());
  text += ",\"throughput_per_s\":" + number("%.1f", throughput(run, load));
  text += ",\"statuses\":" + json_statuses(load);
  text += ",\"round_trip_us\":" + json_latency(load.round_trip);
  if (part.is_open) {
    text += ",\"intended_us\":" + json_latency(load.intended);
    text += ",\"dispatch_delay_us\":" + json_latency(load.dispatch_delay);
    text += ",\"generator_lag_us\":" + json_latency(load.generator_lag);
    text += ",\"waited_for_room\":" + std::to_string(load.waited_for_room);
    text += std::string(",\"lagging\":") + (part.is_lagging(run.facts.lag_limit) ? "true" : "false");
  }
  if (load.refused.count() > 0) text += ",\"refused_us\":" + json_latency(load.refused);
  if (load.server.count() > 0) {
    text += ",\"server_us\":" + json_latency(load.server);
    text += ",\"remainder_us\":" + json_latency(load.remainder);
  }
  if (!load.first_failure.empty()) text += ",\"first_failure\":" + json_string(load.first_failure);
  return text;
}

}  // namespace

std::string text_report(const RunResult& run) {
  std::string text = "target      " + run.facts.target + '\n';
  for (const RunResult::Part& part : run.parts) text += text_part(run, part);
  return text;
}

std::string json_report(const RunResult& run) {
  std::string text = "{\"target\":" + json_string(run.facts.target);
  text += ",\"payload_bytes\":" + std::to_string(run.facts.payload_bytes);
  text += ",\"elapsed_s\":" + number("%.6f", seconds(run.elapsed));
  text += ",\"client_cpu_us_per_call\":" + number("%.3f", cpu_a_call(run));
  if (run.parts.size() == 1) {
    text += ",\"service\":" + json_string(run.parts.front().name) + ',';
    return text + json_part(run, run.parts.front()) + "}\n";
  }
  text += ",\"service\":\"both\"";
  for (const RunResult::Part& part : run.parts) {
    text += ',' + json_string(part.name) + ":{" + json_part(run, part) + '}';
  }
  return text + "}\n";
}

std::string lag_complaint(const RunResult& run) {
  return "this program itself lagged: more than 1 % of the calls were sent over " +
         tools::format_duration(run.facts.lag_limit) +
         " late, which no server is to blame for; a lower rate, more --threads or processors help";
}

}  // namespace hawser::profile
