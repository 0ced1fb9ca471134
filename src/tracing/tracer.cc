#include "src/tracing/tracer.h"

#include <utility>

namespace hawser::tracing {
namespace {

logging::LineWriterOptions complete(logging::LineWriterOptions options) {
  options.what = "the traces";
  options.lost_line = nullptr;  // collectors read nothing but spans
  return options;
}

}  // namespace

Tracer::Tracer(std::unique_ptr<logging::LineOutput> output, std::uint64_t sample, std::uint64_t seed,
               logging::LineWriterOptions options)
    : sample_(sample), state_(seed), writer_(std::move(output), complete(std::move(options))) {}

// SplitMix64 (Steele, Lea, Flood, 2014): a counter through a good mixer, so threads share it without waiting.
// Ids have to be unique, not secret.
std::uint64_t Tracer::next_random() {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  std::uint64_t z = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

template <std::size_t kSize>
void Tracer::fill(std::array<std::uint8_t, kSize>& id) {
  static_assert(kSize % 8 == 0);
  for (std::size_t i = 0; i < kSize; i += 8) {
    std::uint64_t bits = 0;
    while (bits == 0) bits = next_random();  // an id of zeros is none
    for (std::size_t byte = 0; byte < 8; ++byte) id[i + byte] = static_cast<std::uint8_t>(bits >> (8 * byte));
  }
}

void Tracer::on_call(const access::CallRecord& record) {
  SpanIds ids;
  if (const auto caller = access::parse_traceparent(record.traceparent)) {
    if (!caller->sampled) return;
    ids.trace = caller->trace_id;
    ids.parent = caller->span_id;
  } else {
    if (sample_ == 0 || calls_.fetch_add(1, std::memory_order_relaxed) % sample_ != 0) return;
    fill(ids.trace);
  }
  fill(ids.call);
  fill(ids.queue);
  fill(ids.exec);
  thread_local std::string line;  // keeps its memory from call to call
  line.clear();
  append_span_line(line, record, ids);
  writer_.append(line);
}

}  // namespace hawser::tracing
