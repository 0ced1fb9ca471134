#include "src/program/service_stats_of.h"

#include "src/lanes/lane.h"

namespace hawser {

metrics::ServiceStats service_stats_of(const signing::SigningService::Stats& signing,
                                       const keys::Keyring& keyring, const keys::KeyStorage& storage) {
  metrics::ServiceStats stats;
  for (const lanes::Lane lane : {lanes::Lane::kFast, lanes::Lane::kSlow}) {
    const lanes::LaneStats::OfLane& from = signing.lanes.of(lane);
    metrics::ServiceStats::Lane& to = stats.lanes.emplace_back();
    to.name = lanes::name_of(lane);
    to.depth = from.jobs;
    to.cost = from.cost;
    for (std::size_t i = 0; i < lanes::kReasons; ++i) {
      to.dropped.push_back({lanes::name_of(static_cast<lanes::Reason>(i)), from.refused[i]});
    }
  }
  stats.workers = signing.lanes.workers;
  stats.busy_workers = signing.lanes.busy_workers;
  stats.keys = keyring.snapshot();
  // What isn't durable has no generations worth telling, nor any that other threads may read.
  const bool durable = storage.is_durable();
  stats.keystore = metrics::ServiceStats::Keystore{durable ? storage.generation() : 0, !durable};
  stats.selftest_ok = signing.is_self_test_passing;
  stats.faults_detected = signing.faults_detected;
  return stats;
}

}  // namespace hawser
