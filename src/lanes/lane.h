// The two queues of the workers, and why a job that was offered to one did not run.
#pragma once

#include <cstddef>
#include <string_view>

namespace hawser::lanes {

/// Fast jobs take some tens of microseconds, slow ones up to milliseconds: kept apart, no fast one waits for
/// the slow.
enum class Lane { kFast, kSlow };
inline constexpr std::size_t kLanes = 2;

enum class Reason {
  // Refused when it was offered:
  kDelay,       ///< It would have waited too long.
  kCount,       ///< Too many jobs wait already.
  kConnection,  ///< Too many of its connection's do; the caller counts those.
  kHopeless,    ///< Its deadline comes before its turn can be over.
  // Dropped when its turn came:
  kExpired,    ///< Its deadline had passed.
  kCancelled,  ///< Nobody waits for it any more.
  // Either:
  kStopped,  ///< The lanes end.
};
inline constexpr std::size_t kReasons = 7;

constexpr std::string_view name_of(Lane lane) { return lane == Lane::kFast ? "fast" : "slow"; }
constexpr std::string_view name_of(Reason reason) {
  constexpr std::string_view kNames[] = {"delay",   "count",     "connection", "hopeless",
                                         "expired", "cancelled", "stopped"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace hawser::lanes
