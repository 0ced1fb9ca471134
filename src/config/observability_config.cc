#include "src/config/observability_config.h"

namespace hawser {
namespace {

using tools::Flags;
using tools::FlagSpec;

constexpr std::string_view kObservabilityGroup = "Audit, metrics, traces";
constexpr std::uint64_t kMostKeyIds = 10'000;
constexpr std::uint64_t kMostSample = 1'000'000'000;

constexpr FlagSpec kObservabilityFlags[] = {
    {.name = "audit",
     .value_name = "HOW",
     .help = "off, best_effort (calls never wait for it) or required (no line, no call). Default best_effort "
             "with --audit-file, else off",
     .group = kObservabilityGroup},
    {.name = "audit-file",
     .value_name = "FILE",
     .help = "A line of JSON for each signature and each change to keys; - is standard output",
     .group = kObservabilityGroup},
    {.name = "metrics-listen",
     .value_name = "HOST:PORT",
     .help = "Serve Prometheus' metrics there, over HTTP, to whoever connects",
     .group = kObservabilityGroup},
    {.name = "metrics-key-ids",
     .value_name = "N",
     .help = "Count calls by key, for so many keys",
     .fallback = "0",
     .group = kObservabilityGroup},
    {.name = "trace-file",
     .value_name = "FILE",
     .help = "Calls as spans: OTLP in JSON, a call a line; - is standard output",
     .group = kObservabilityGroup},
    {.name = "trace-sample",
     .value_name = "N",
     .help = "Of calls without a traceparent trace one in so many; 0 is none",
     .fallback = "1",
     .group = kObservabilityGroup},
};

Result<void> read_audit(const Flags& flags, ObservabilityConfig& config) {
  config.audit_file = flags.text("audit-file");
  const bool has_file = flags.is_on("audit-file");
  if (has_file && config.audit_file.empty()) return flags.wrong("audit-file", "it needs a file's name");
  const std::string how = flags.is_on("audit") ? flags.text("audit") : has_file ? "best_effort" : "off";
  if (how == "off") return {};
  if (how != "best_effort" && how != "required") {
    return flags.wrong("audit", "\"" + how + "\" is not off, best_effort or required");
  }
  if (!has_file) return flags.wrong("audit", how + " needs --audit-file, too");
  config.audit = how == "required" ? access::AuditMode::kRequired : access::AuditMode::kBestEffort;
  return {};
}

Result<void> read_metrics(const Flags& flags, ObservabilityConfig& config) {
  const auto key_ids = flags.count("metrics-key-ids", 0, kMostKeyIds);
  if (!key_ids) return tl::unexpected<Error>(key_ids.error());
  config.metrics_key_ids = *key_ids;
  if (!flags.is_on("metrics-listen")) return {};
  auto address = net::Address::parse(flags.text("metrics-listen"));
  if (!address) return flags.wrong("metrics-listen", address.error().detail);
  if (address->family() != net::Family::kTcp) {
    return flags.wrong("metrics-listen",
                       "\"" + address->text() + "\" is not host:port, as in 127.0.0.1:9464");
  }
  config.metrics_listen = std::move(*address);
  return {};
}

Result<void> read_traces(const Flags& flags, ObservabilityConfig& config) {
  const auto sample = flags.count("trace-sample", 0, kMostSample);
  if (!sample) return tl::unexpected<Error>(sample.error());
  config.trace_sample = *sample;
  config.trace_file = flags.text("trace-file");
  if (flags.is_on("trace-file") && config.trace_file.empty()) {
    return flags.wrong("trace-file", "it needs a file's name");
  }
  return {};
}

}  // namespace

std::span<const FlagSpec> observability_flags() { return kObservabilityFlags; }

Result<ObservabilityConfig> read_observability_flags(const Flags& flags) {
  ObservabilityConfig config;
  for (const auto read : {&read_audit, &read_metrics, &read_traces}) {
    if (auto done = read(flags, config); !done) return tl::unexpected<Error>(std::move(done.error()));
  }
  return config;
}

}  // namespace hawser
