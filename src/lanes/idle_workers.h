// Who sleeps, and how to wake one: each worker on its own word, so that a new job wakes one thread and not
// all of them, and the same one as long as it is enough: its caches are warm.
//
// A worker says that it will sleep (announce), looks for work once more, and sleeps (rest) or takes it back
// (withdraw). Whoever queues work does that first and looks for sleepers then. Both are sequentially
// consistent, so one of the two always sees the other.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "src/lanes/lane_options.h"

namespace hawser::lanes {

class IdleWorkers final {
 public:
  void announce(std::size_t worker) { idle_.fetch_or(bit_of(worker)); }
  /// False: somebody has called this worker meanwhile, for work that it may not have seen.
  bool withdraw(std::size_t worker) { return (idle_.fetch_and(~bit_of(worker)) & bit_of(worker)) != 0; }
  /// Until somebody wakes this worker; at once if that has happened since the last rest.
  void rest(std::size_t worker) {
    std::atomic<std::uint32_t>& called = words_[worker].called;
    while (called.exchange(0) == 0) called.wait(0);
  }

  /// Wakes one that has announced, if there is one.
  void wake_one() {
    std::uint64_t idle = idle_.load();
    while (idle != 0) {
      const std::uint64_t first = idle & (~idle + 1);
      if (idle_.compare_exchange_weak(idle, idle & ~first)) {
        return wake(static_cast<std::size_t>(std::countr_zero(first)));
      }
    }
  }
  void wake(std::size_t worker) {
    words_[worker].called.store(1);
    words_[worker].called.notify_one();
  }

 private:
  static std::uint64_t bit_of(std::size_t worker) { return std::uint64_t{1} << worker; }

  struct alignas(64) Word {
    std::atomic<std::uint32_t> called{0};
  };
  std::atomic<std::uint64_t> idle_{0};
  std::array<Word, LaneOptions::kMostWorkers> words_;
};

}  // namespace hawser::lanes
