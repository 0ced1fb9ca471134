// What the lanes do, for metrics: read without waiting for anybody, so the numbers are of nearly the same
// moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hawser/base/clock.h"
#include "src/lanes/lane.h"

namespace hawser::lanes {

struct LaneStats {
  struct OfLane {
    std::size_t jobs = 0;         ///< That wait or run.
    Duration cost{};              ///< What they are expected to take, all together.
    std::uint64_t executed = 0;   ///< Since the start; forced ones included.
    std::uint64_t submitted = 0;  ///< The same: accepted ones, of which each is executed or dropped.
    std::array<std::uint64_t, kReasons> refused{};  ///< By Reason: refused or dropped.

    std::uint64_t count(Reason reason) const { return refused[static_cast<std::size_t>(reason)]; }
  };
  std::array<OfLane, kLanes> lanes;
  std::size_t workers = 0;
  std::size_t busy_workers = 0;

  const OfLane& of(Lane lane) const { return lanes[static_cast<std::size_t>(lane)]; }
};

}  // namespace hawser::lanes
