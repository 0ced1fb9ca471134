#include "tools/profile/figures.h"

#include <cmath>

namespace hawser::profile {
namespace {

constexpr Figure kFigures[] = {
    {"min", "min", -1, [](const Histogram& h) { return h.min(); }},
    {"mean", "mean", -1, [](const Histogram& h) { return h.mean(); }},
    {"p50", "p50", 50, [](const Histogram& h) { return h.percentile(50); }},
    {"p90", "p90", 90, [](const Histogram& h) { return h.percentile(90); }},
    {"p99", "p99", 99, [](const Histogram& h) { return h.percentile(99); }},
    {"p99.9", "p99_9", 99.9, [](const Histogram& h) { return h.percentile(99.9); }},
    {"p99.99", "p99_99", 99.99, [](const Histogram& h) { return h.percentile(99.99); }},
    {"max", "max", -1, [](const Histogram& h) { return h.max(); }},
};

constexpr Measure kMeasures[] = {
    {"intended", "intended_us", &LoadResult::intended},
    {"round trip", "round_trip_us", &LoadResult::round_trip},
    {"  client queue", "client_queue_us", &LoadResult::client_queue, true},
    {"  server queue", "server_queue_us", &LoadResult::server_queue, true},
    {"  handler", "handler_us", &LoadResult::handler, true},
    {"  reply write", "reply_write_us", &LoadResult::reply_write, true},
    {"  wire", "wire_us", &LoadResult::wire, true},
    {"server", "server_us", &LoadResult::server},
    {"remainder", "remainder_us", &LoadResult::remainder},
    {"refused", "refused_us", &LoadResult::refused},
    {"failed", "failed_us", &LoadResult::failures},
    {"dispatch", "dispatch_delay_us", &LoadResult::dispatch_delay},
    {"lag", "generator_lag_us", &LoadResult::generator_lag},
};

double ratio(double value, double by) { return by > 0 ? value / by : 0; }

}  // namespace

std::span<const Figure> figures() { return kFigures; }
std::span<const Measure> measures() { return kMeasures; }

std::uint64_t samples_needed(double percent) {
  if (percent >= 100) return 1;  // the longest is what it is
  return static_cast<std::uint64_t>(std::llround(100 / (1 - percent / 100)));
}

double throughput(const RunResult& run, const LoadResult& load) {
  return ratio(static_cast<double>(load.of(grpc::StatusCode::kOk)), seconds(run.elapsed));
}

double cpu_a_call(const RunResult& run) {
  return ratio(microseconds(run.cpu), static_cast<double>(run.calls()));
}

double server_cpu_a_call(const RunResult& run) {
  return run.server ? ratio(microseconds(run.server->cpu), static_cast<double>(run.calls())) : 0;
}

double mean_payload(const LoadResult& load) {
  return ratio(static_cast<double>(load.payload_bytes), static_cast<double>(load.calls()));
}

std::string payload_text(const RunFacts& facts) {
  return (facts.payload_sizes.empty() ? std::to_string(facts.payload_bytes) : facts.payload_sizes) + " bytes";
}

std::string timing_note(const RunResult& run, const RunResult::Part& part) {
  const std::uint64_t calls = part.load.round_trip.count();
  const std::uint64_t reported = part.load.handler.count();
  if (!run.facts.asks_timing || reported == calls) return {};
  if (reported > 0) {
    return "the server reported its stages of " + std::to_string(reported) + " of " + std::to_string(calls) +
           " calls: the others' are in wire";
  }
  return "the server doesn't report its stages, they are in wire (hawser-server does with --server-timing)";
}

std::string title(const RunResult::Part& part) {
  if (part.name == kCallName) return part.method;
  if (part.name != kCryptoName) return part.name;
  return part.name + ' ' + part.operation + ' ' + part.algorithm;
}

}  // namespace hawser::profile
