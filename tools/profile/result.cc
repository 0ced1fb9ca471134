#include "tools/profile/result.h"

#include <algorithm>
#include <utility>

namespace hawser::profile {

void LoadResult::merge(LoadResult&& other) {
  for (const auto member :
       {&LoadResult::round_trip, &LoadResult::intended, &LoadResult::client_queue, &LoadResult::server_queue,
        &LoadResult::handler, &LoadResult::reply_write, &LoadResult::wire, &LoadResult::server,
        &LoadResult::remainder, &LoadResult::refused, &LoadResult::failures, &LoadResult::dispatch_delay,
        &LoadResult::generator_lag}) {
    (this->*member).merge(other.*member);
  }
  for (std::size_t i = 0; i < kStatuses; ++i) by_status[i] += other.by_status[i];
  if (first_failure.empty()) first_failure = std::move(other.first_failure);
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  payload_bytes += other.payload_bytes;
  waited_for_room += other.waited_for_room;
  timeline.merge(std::move(other.timeline));
}

bool RunResult::Part::is_lagging(Duration limit) const {
  return load.generator_lag.count_above(limit) * 100 > load.generator_lag.count();
}

bool RunResult::is_lagging() const {
  return std::any_of(parts.begin(), parts.end(),
                     [this](const Part& part) { return part.is_open && part.is_lagging(facts.lag_limit); });
}

bool RunResult::is_good() const {
  return !is_lagging() &&
         std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.load.is_good(); });
}

}  // namespace hawser::profile
