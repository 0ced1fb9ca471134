// What the lanes can be told.
#pragma once

#include <cstddef>
#include <vector>

#include "hawser/base/clock.h"

namespace hawser::lanes {

struct LaneOptions {
  static constexpr std::size_t kMostWorkers = 64;

  /// Threads. 0: the CPUs this process may use less one, at least 1: one is left for the event loops.
  std::size_t workers = 0;
  /// Added to the workers' niceness: an event loop that wakes on their CPU goes first. 0 to 19.
  int nice = 5;

  /// A job that would have to wait for longer is refused: by then its caller has better things to do than
  /// to wait, and everybody behind it would wait as long.
  Duration max_fast_delay = std::chrono::milliseconds(5);
  Duration max_slow_delay = std::chrono::milliseconds(50);
  /// Jobs in one lane, those that run included; whatever they cost.
  std::size_t max_jobs = 1024;

  /// What a job of each class is thought to cost until some have run; as many classes as there are.
  std::vector<Duration> costs;

  /// How long a worker without work looks for more before it sleeps. It gives its CPU away meanwhile to
  /// whoever wants it, but keeps an idle one awake.
  Duration spin{};

  /// No threads: jobs run in run_one(), on the caller's. For tests.
  bool by_hand = false;
  /// The clock, for tests.
  Instant (*now)() = &Clock::now;
};

}  // namespace hawser::lanes
