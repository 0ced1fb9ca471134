// Jobs that say what became of them, and terms for them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/lanes/job.h"
#include "src/lanes/lane_options.h"

namespace hawser::test {

using namespace std::chrono_literals;  // lint: allow using-namespace: times in tests

class NoState final : public lanes::WorkerState {
 public:
  void let_go_of_stale_keys() override {}
};

class TestJob final : public lanes::Job {
 public:
  std::function<void()> on_run;
  std::atomic<int> runs{0};
  std::atomic<int> drops{0};
  std::optional<lanes::Reason> dropped;

 private:
  bool run(lanes::WorkerState&) override {
    if (on_run) on_run();
    ++runs;  // last: whoever sees it may destroy the job
    return true;
  }
  void on_dropped(lanes::Reason why) override {
    dropped = why;
    ++drops;
  }
};

// The classes of cost that tests use: 0 costs 100 us, 1 costs 10 ms.
inline lanes::LaneOptions lane_options(std::size_t workers) {
  lanes::LaneOptions options;
  options.workers = workers;
  options.nice = 0;
  options.costs = {100us, 10ms};
  return options;
}

inline lanes::JobTerms fast(Instant deadline = kNever) {
  return {lanes::Lane::kFast, 0, {}, deadline, false};
}
inline lanes::JobTerms slow(Instant deadline = kNever) {
  return {lanes::Lane::kSlow, 1, {}, deadline, false};
}

}  // namespace hawser::test
