// A timeline as it is shown and reckoned with: intervals with their true lengths.
#pragma once

#include <vector>

#include "tools/profile/timeline.h"

namespace hawser::profile {

struct Slice {
  Interval interval;
  Duration begin{};  ///< From the timeline's start.
  Duration length{};

  double rate_of(std::uint64_t calls) const {
    return static_cast<double>(calls) * 1e9 / static_cast<double>(length.count());
  }
};

/// All calls are in a slice. The last one ends with the run, which lasted `elapsed`; where less than half an
/// interval is left for it, it is part of the one before: so short a time has no rate worth showing.
std::vector<Slice> slices(const Timeline& timeline, Duration elapsed);

}  // namespace hawser::profile
