#include "tools/profile/slices.h"

#include <algorithm>
#include <utility>

namespace hawser::profile {

std::vector<Slice> slices(const Timeline& timeline, Duration elapsed) {
  std::vector<Slice> all;
  Duration begin{};
  for (const Interval& interval : timeline.intervals()) {
    all.push_back({interval, begin, timeline.width()});
    begin += timeline.width();
  }
  if (all.empty()) return all;
  Slice& last = all.back();
  const Duration left = std::clamp(elapsed - last.begin, Duration{}, timeline.width());
  if (left * 2 >= timeline.width()) {
    last.length = left;
  } else if (all.size() > 1) {
    const Slice rest = std::move(last);
    all.pop_back();
    all.back().interval.merge(rest.interval);
    all.back().length += left;
  } else if (left > Duration{}) {
    last.length = left;
  }
  return all;
}

}  // namespace hawser::profile
