#include "src/program/observability.h"

#include <random>
#include <utility>

#include "src/logging/line_file.h"

namespace hawser {
namespace {

// "--audit-file: can't open …"
template <class T>
Result<T> blame(std::string_view flag, Result<T> result) {
  if (!result) return usage_error("--" + std::string(flag) + ": " + result.error().detail);
  return result;
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Result<std::unique_ptr<Observability>> Observability::create(const ObservabilityConfig& config,
                                                             log::Sink& log) {
  std::unique_ptr<Observability> made(new Observability(config));
  if (auto opened = made->open(log); !opened) return tl::unexpected<Error>(std::move(opened.error()));
  return made;
}

Observability::~Observability() = default;

Result<void> Observability::open(log::Sink& log) {
  logging::LineWriterOptions lines;
  lines.log = &log;
  if (config_.audit) {
    auto file = blame("audit-file", logging::LineFile::open(config_.audit_file));
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    audit_ = std::make_unique<access::AuditLog>(*config_.audit, std::move(*file), lines);
    observers_.push_back(audit_.get());
  }
  if (!config_.trace_file.empty()) {
    auto file = blame("trace-file", logging::LineFile::open(config_.trace_file));
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    tracer_ = std::make_unique<tracing::Tracer>(std::move(*file), config_.trace_sample, random_seed(), lines);
    observers_.push_back(tracer_.get());
  }
  if (config_.metrics_listen) {
    metrics_ = std::make_shared<metrics::CryptoMetrics>(metrics::CryptoMetrics::Options{
        [this] { return complete(stats_ ? stats_() : metrics::ServiceStats()); }, config_.metrics_key_ids});
    observers_.push_back(metrics_.get());
  }
  return {};
}

metrics::StorageMeter* Observability::storage_meter() {
  return metrics_ != nullptr ? &metrics_->storage_meter() : nullptr;
}

metrics::ServiceStats Observability::complete(metrics::ServiceStats stats) const {
  if (audit_ != nullptr) {
    stats.audit_lost = audit_->lost();
    stats.audit_failing = audit_->is_failing();
  }
  if (tracer_ != nullptr) stats.traces_lost = tracer_->lost();
  return stats;
}

Result<std::string> Observability::start(std::function<metrics::ServiceStats()> stats) {
  if (metrics_ == nullptr) return std::string();
  stats_ = std::move(stats);
  auto exposer = blame("metrics-listen", metrics::Exposer::start(*config_.metrics_listen, metrics_));
  if (!exposer) return tl::unexpected<Error>(std::move(exposer.error()));
  exposer_ = std::move(*exposer);
  return "metrics on " + exposer_->address() + '\n';
}

}  // namespace hawser
