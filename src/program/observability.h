// Audit log, metrics and traces of the signing service, wired from the flags.
//
//   create -> observers(), storage_meter() -> start(stats) -> (the servers run) -> stop_serving() ->
//   destroyed
//
// Threads: one owner. Outlives whoever calls the observers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "src/access/audit_log.h"
#include "src/access/call_record.h"
#include "src/config/observability_config.h"
#include "src/metrics/crypto_metrics.h"
#include "src/metrics/exposer.h"
#include "src/tracing/tracer.h"

namespace hawser {

class Observability final {
 public:
  /// Opens the files and starts their threads. Scope usage, with the flag's name. The log outlives it.
  static Result<std::unique_ptr<Observability>> create(const ObservabilityConfig& config, log::Sink& log);
  ~Observability();
  Observability(const Observability&) = delete;
  Observability& operator=(const Observability&) = delete;

  /// Who wants to hear of calls; the audit log first, which may refuse them.
  const std::vector<access::CallObserver*>& observers() const { return observers_; }
  /// Null without metrics.
  metrics::StorageMeter* storage_meter();

  /// Listens for scrapes. `stats` is asked until the end, on other threads; what this object knows (lost
  /// lines) is added to it. Gives what to print: "metrics on 127.0.0.1:9464\n", or nothing without metrics.
  /// Scope usage.
  Result<std::string> start(std::function<metrics::ServiceStats()> stats);
  /// `stats` is asked no more. Takes up to two seconds with metrics. Calls may still be observed.
  void stop_serving() { exposer_.reset(); }

 private:
  explicit Observability(const ObservabilityConfig& config) : config_(config) {}
  Result<void> open(log::Sink& log);
  metrics::ServiceStats complete(metrics::ServiceStats stats) const;

  const ObservabilityConfig config_;
  std::unique_ptr<access::AuditLog> audit_;
  std::unique_ptr<tracing::Tracer> tracer_;
  std::shared_ptr<metrics::CryptoMetrics> metrics_;
  std::vector<access::CallObserver*> observers_;
  std::function<metrics::ServiceStats()> stats_;
  std::unique_ptr<metrics::Exposer> exposer_;  // last: its threads use the others
};

}  // namespace hawser
