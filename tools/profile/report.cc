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

double throughput(const LoadResult& result) {
  return ratio(static_cast<double>(result.by_status[0]), seconds(result.elapsed));
}

double cpu_a_call(const LoadResult& result) {
  return ratio(microseconds(result.cpu), static_cast<double>(result.calls()));
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

std::string statuses(const LoadResult& result) {
  std::string text;
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (result.by_status[code] == 0) continue;
    if (!text.empty()) text += ", ";
    text.append(to_string(static_cast<grpc::StatusCode>(code))).append(" ");
    text += std::to_string(result.by_status[code]);
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

std::string json_statuses(const LoadResult& result) {
  std::string object = "{";
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (result.by_status[code] == 0) continue;
    if (object.size() > 1) object += ',';
    object += json_string(to_string(static_cast<grpc::StatusCode>(code))) + ':';
    object += std::to_string(result.by_status[code]);
  }
  return object + '}';
}

}  // namespace

std::string text_report(const LoadConfig& config, const LoadResult& result) {
  std::string text = "target      " + config.target + ", " + std::to_string(config.connections) +
                     " connection(s) x " + std::to_string(config.concurrency) + " in flight, payload " +
                     std::to_string(config.payload_bytes) + " bytes\n";
  text += "calls       " + statuses(result) + " in " + tools::format_duration(result.elapsed) + '\n';
  text += "throughput  " + number("%.0f", throughput(result)) + " successful calls/s, client CPU " +
          number("%.2f", cpu_a_call(result)) + " us a call\n";
  text += text_header() + text_row("round trip", result.round_trip);
  if (config.server_time) text += text_row("server", result.server) + text_row("remainder", result.remainder);
  if (!result.first_failure.empty()) text += "failed with " + result.first_failure + '\n';
  return text;
}

std::string json_report(const LoadConfig& config, const LoadResult& result) {
  std::string text = "{\"target\":" + json_string(config.target);
  text += ",\"connections\":" + std::to_string(config.connections);
  text += ",\"concurrency\":" + std::to_string(config.concurrency);
  text += ",\"payload_bytes\":" + std::to_string(config.payload_bytes);
  text += ",\"calls\":" + std::to_string(result.calls()) + ",\"failed\":" + std::to_string(result.failed());
  text += ",\"elapsed_s\":" + number("%.6f", seconds(result.elapsed));
  text += ",\"throughput_per_s\":" + number("%.1f", throughput(result));
  text += ",\"client_cpu_us_per_call\":" + number("%.3f", cpu_a_call(result));
  text += ",\"statuses\":" + json_statuses(result);
  text += ",\"round_trip_us\":" + json_latency(result.round_trip);
  if (config.server_time) {
    text += ",\"server_us\":" + json_latency(result.server);
    text += ",\"remainder_us\":" + json_latency(result.remainder);
  }
  if (!result.first_failure.empty()) text += ",\"first_failure\":" + json_string(result.first_failure);
  return text + "}\n";
}

}  // namespace hawser::profile
