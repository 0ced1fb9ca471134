#include "src/metrics/crypto_metrics.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "src/metrics/families.h"

namespace hawser::metrics {
namespace {

using prometheus::MetricFamily;

std::string_view name_of(keys::VersionState state) {
  switch (state) {
    case keys::VersionState::kEnabled:
      return "enabled";
    case keys::VersionState::kDisabled:
      return "disabled";
    case keys::VersionState::kDestroyScheduled:
      return "destroy_scheduled";
    case keys::VersionState::kDestroyed:
      break;
  }
  return "destroyed";
}

template <std::size_t kSize>
std::size_t position(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

void add_lanes(std::vector<MetricFamily>& all, const ServiceStats& stats) {
  MetricFamily depth = gauge_family("crypto_queue_depth", "Jobs that wait or run, by lane.");
  MetricFamily cost = gauge_family("crypto_queue_cost_seconds", "What they are expected to take, by lane.");
  MetricFamily dropped = counter_family("crypto_dropped_total", "Jobs refused by a lane or dropped in it.");
  for (const ServiceStats::Lane& lane : stats.lanes) {
    const std::string name(lane.name);
    add_value(depth, {{"lane", name}}, static_cast<double>(lane.depth));
    add_value(cost, {{"lane", name}}, seconds(lane.cost));
    for (const ServiceStats::Dropped& each : lane.dropped) {
      add_value(dropped, {{"lane", name}, {"reason", std::string(each.reason)}},
                static_cast<double>(each.jobs));
    }
  }
  MetricFamily workers = gauge_family("crypto_workers", "Threads that sign and verify.");
  add_value(workers, {}, static_cast<double>(stats.workers));
  MetricFamily busy = gauge_family("crypto_workers_busy", "Of these, those that are at work.");
  add_value(busy, {}, static_cast<double>(stats.busy_workers));
  for (MetricFamily* family : {&depth, &cost, &dropped, &workers, &busy}) all.push_back(std::move(*family));
}

void add_keys(std::vector<MetricFamily>& all, const keys::KeyMap& map) {
  MetricFamily family =
      gauge_family("crypto_keys", "Versions of keys, by the key's type and the version's state.");
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> counts;
  for (const keys::Key& key : map.keys()) {
    for (const keys::KeyVersion& version : key.versions) {
      ++counts[{crypto::name_of(key.spec), name_of(version.state)}];
    }
  }
  for (const auto& [labels, count] : counts) {
    add_value(family, {{"type", std::string(labels.first)}, {"state", std::string(labels.second)}},
              static_cast<double>(count));
  }
  all.push_back(std::move(family));
}

void add_keystore(std::vector<MetricFamily>& all, const ServiceStats::Keystore& keystore,
                  const StorageMeter& meter) {
  MetricFamily generation =
      gauge_family("crypto_keystore_generation", "Counts the saves of the keystore's life.");
  add_value(generation, {}, static_cast<double>(keystore.generation));
  MetricFamily ephemeral = gauge_family("crypto_keystore_ephemeral", "1: keys are gone with the process.");
  add_value(ephemeral, {}, keystore.ephemeral ? 1 : 0);
  MetricFamily writes =
      histogram_family("crypto_keystore_write_seconds", "Saves of the keystore, failed ones too.");
  add_histogram(writes, {}, meter.writes);
  MetricFamily errors = counter_family("crypto_keystore_write_errors_total", "Saves that the disk refused.");
  add_value(errors, {}, static_cast<double>(meter.errors.load(std::memory_order_relaxed)));
  for (MetricFamily* family : {&generation, &ephemeral, &writes, &errors}) all.push_back(std::move(*family));
}

void add_rest(std::vector<MetricFamily>& all, const ServiceStats& stats) {
  const auto add = [&](MetricFamily family, double value) {
    add_value(family, {}, value);
    all.push_back(std::move(family));
  };
  if (stats.selftest_ok) {
    add(gauge_family("crypto_selftest_ok", "1: every default key signed and verified at the last test."),
        *stats.selftest_ok ? 1 : 0);
  }
  add(counter_family("crypto_fault_detected_total", "Signatures that were wrong, and were not given out."),
      static_cast<double>(stats.faults_detected));
  if (stats.audit_lost) {
    add(counter_family("crypto_audit_lost_total", "Lines that found no place in the audit log."),
        static_cast<double>(*stats.audit_lost));
    add(gauge_family("crypto_audit_failing", "1: the audit log can't be written."),
        stats.audit_failing ? 1 : 0);
  }
  if (stats.traces_lost) {
    add(counter_family("crypto_traces_lost_total", "Traces that found no place in the trace file."),
        static_cast<double>(*stats.traces_lost));
  }
  if (stats.connections) {
    add(gauge_family("hawser_open_connections", "Connections that are open."),
        static_cast<double>(stats.connections->open));
    add(counter_family("hawser_refused_by_cid_total", "VSOCK connections of CIDs that aren't allowed."),
        static_cast<double>(stats.connections->refused_by_cid));
  }
}

}  // namespace

const std::array<std::string_view, CryptoMetrics::kMethods> CryptoMetrics::kMethodNames = {
    "Sign",          "GetPublicKey",      "Verify",           "BatchSign",
    "CreateKey",     "ImportKey",         "GetKey",           "ListKeys",
    "RotateKey",     "SetPrimaryVersion", "SetVersionState",  "DestroyKeyVersion",
    "GetSealingKey", "ExportKeyVersion",  "ChangePassphrase", "VerifyKeystore",
    "other"};
const std::array<std::string_view, CryptoMetrics::kLanes> CryptoMetrics::kLaneNames = {"fast", "slow"};

void CryptoMetrics::on_call(const access::CallRecord& record) {
  const std::size_t method = std::min(position(kMethodNames, record.method), kMethods - 1);
  const std::size_t algorithm =
      record.algorithm ? static_cast<std::size_t>(*record.algorithm) : kAlgorithms - 1;
  constexpr std::size_t kUnknown = 2;
  const bool known = record.code >= 0 && record.code < static_cast<int>(access::kCodes);
  const std::size_t code = known ? static_cast<std::size_t>(record.code) : kUnknown;
  requests(method, algorithm, code).fetch_add(1, std::memory_order_relaxed);
  if (record.key_version != 0) keys_.add(record.key_id);
  const std::size_t lane = position(kLaneNames, record.lane);
  if (lane == kLanes) return;
  queue_[lane].observe(record.queue);
  if (record.exec > Duration::zero() && record.algorithm) exec_[algorithm].observe(record.exec);
}

std::vector<MetricFamily> CryptoMetrics::Collect() const {
  std::vector<MetricFamily> all;
  const auto algorithm_name = [](std::size_t i) -> std::string {
    if (i == crypto::kAlgorithms) return "none";
    return std::string(crypto::facts(static_cast<crypto::Algorithm>(i)).name);
  };

  MetricFamily requests =
      counter_family("crypto_requests_total", "Calls that are over, by gRPC status code.");
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const std::uint64_t calls = requests_[i].load(std::memory_order_relaxed);
    if (calls == 0) continue;
    const std::size_t code = i % access::kCodes;
    const std::size_t algorithm = i / access::kCodes % kAlgorithms;
    const std::size_t method = i / access::kCodes / kAlgorithms;
    add_value(requests,
              {{"method", std::string(kMethodNames[method])},
               {"alg", algorithm_name(algorithm)},
               {"code", std::string(access::name_of_code(static_cast<int>(code)))}},
              static_cast<double>(calls));
  }
  all.push_back(std::move(requests));

  MetricFamily exec = histogram_family("crypto_exec_seconds", "Time on a worker, by algorithm.");
  for (std::size_t i = 0; i < exec_.size(); ++i) {
    if (exec_[i].sum() > Duration::zero()) add_histogram(exec, {{"alg", algorithm_name(i)}}, exec_[i]);
  }
  all.push_back(std::move(exec));
  MetricFamily queue = histogram_family("crypto_queue_seconds", "Time from admission to a worker, by lane.");
  for (std::size_t i = 0; i < kLanes; ++i)
    add_histogram(queue, {{"lane", std::string(kLaneNames[i])}}, queue_[i]);
  all.push_back(std::move(queue));

  if (options_.most_key_ids > 0) {
    MetricFamily by_key = counter_family("crypto_key_requests_total", "Calls that used a key, by key.");
    for (const KeyCounts::Count& each : keys_.all()) {
      add_value(by_key, {{"key_id", each.key_id}}, static_cast<double>(each.calls));
    }
    all.push_back(std::move(by_key));
  }

  const ServiceStats stats = options_.stats();
  add_lanes(all, stats);
  if (stats.keys) add_keys(all, *stats.keys);
  if (stats.keystore) add_keystore(all, *stats.keystore, storage_);
  add_rest(all, stats);
  return all;
}

}  // namespace hawser::metrics
