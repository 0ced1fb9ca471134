// How long something took, in classes that double: up to 10 us, 20 us, … 10.5 s, and longer.
//
// Threads: any; observing waits for nobody. What a scrape reads may miss calls that end meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "hawser/base/clock.h"

namespace hawser::metrics {

class Histogram final {
 public:
  static constexpr std::size_t kBounds = 21;
  /// Of class `i`; it belongs to the class.
  static constexpr Duration bound(std::size_t i) { return kFirst * (std::int64_t{1} << i); }

  void observe(Duration time) {
    counts_[class_of(time)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(static_cast<std::uint64_t>(time.count() > 0 ? time.count() : 0),
                      std::memory_order_relaxed);
  }

  /// Of class `i` alone; i = kBounds: longer than all of them.
  std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  Duration sum() const {
    return Duration(static_cast<std::int64_t>(sum_ns_.load(std::memory_order_relaxed)));
  }

 private:
  static constexpr Duration kFirst = std::chrono::microseconds(10);

  static std::size_t class_of(Duration time) {
    if (time <= kFirst) return 0;
    const auto firsts = static_cast<std::uint64_t>((time - Duration(1)) / kFirst);
    const auto index = static_cast<std::size_t>(std::bit_width(firsts));
    return index < kBounds ? index : kBounds;
  }

  std::array<std::atomic<std::uint64_t>, kBounds + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace hawser::metrics
