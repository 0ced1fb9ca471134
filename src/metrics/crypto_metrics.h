// What the signing service counts, in the form that Prometheus reads. The table is in docs/observability.md.
//
// Calls are counted in arrays of atomic numbers, found by the positions of method, algorithm and code: no
// look-up by name, no lock and no allocation a call. Everything else is asked for when it is scraped.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "src/access/call_record.h"
#include "src/access/code_name.h"
#include "src/crypto/algorithm.h"
#include "src/metrics/histogram.h"
#include "src/metrics/key_counts.h"
#include "src/metrics/measured_storage.h"
#include "src/metrics/service_stats.h"

namespace hawser::metrics {

/// Threads: any.
class CryptoMetrics final : public access::CallObserver, public prometheus::Collectable {
 public:
  struct Options {
    /// How things stand; called on the scraper's thread, several at once; waits for no loop.
    std::function<ServiceStats()> stats = [] { return ServiceStats(); };
    /// Keys that are counted by name; 0: none.
    std::size_t most_key_ids = 0;
  };

  explicit CryptoMetrics(Options options) : options_(std::move(options)), keys_(options_.most_key_ids) {}

  void on_call(const access::CallRecord& record) override;
  std::vector<prometheus::MetricFamily> Collect() const override;

  /// For MeasuredStorage.
  StorageMeter& storage_meter() { return storage_; }

 private:
  static constexpr std::size_t kMethods = 17;  // the last: a method that isn't known here
  static constexpr std::size_t kAlgorithms = crypto::kAlgorithms + 1;  // the last: none
  static constexpr std::size_t kLanes = 2;
  static const std::array<std::string_view, kMethods> kMethodNames;
  static const std::array<std::string_view, kLanes> kLaneNames;

  std::atomic<std::uint64_t>& requests(std::size_t method, std::size_t algorithm, std::size_t code) {
    return requests_[(method * kAlgorithms + algorithm) * access::kCodes + code];
  }

  const Options options_;
  std::array<std::atomic<std::uint64_t>, kMethods * kAlgorithms * access::kCodes> requests_{};
  std::array<Histogram, crypto::kAlgorithms> exec_;
  std::array<Histogram, kLanes> queue_;
  KeyCounts keys_;
  StorageMeter storage_;
};

}  // namespace hawser::metrics
