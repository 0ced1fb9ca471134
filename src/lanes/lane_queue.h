// The two lanes as a data structure: who is admitted, whose turn it is. No threads and no clock in here.
//
// Rules:
//   - Fast jobs go first. Slow ones hold at most all workers but one (of a single worker: that one), so a
//     fast job doesn't wait for a slow one to end when there are several workers.
//   - A slow job that has waited for four times its lane's bound, because fast ones kept coming, goes first,
//     for a tenth of the time at most.
//   - Lanes are bounded by time, not by number: the costs of what waits and runs, over the workers that it
//     has. The number is bounded, too.
//   - Deadlines are looked at twice: nobody is admitted who can't be done in time, and no work is done for
//     whoever's time is up or who has gone.
//
// Threads: admit() and the counters from any, without a lock: event loops call them. take() and finish() by
// workers, under a mutex that no loop ever takes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "src/lanes/admission.h"
#include "src/lanes/cost_model.h"
#include "src/lanes/job.h"
#include "src/lanes/lane_options.h"
#include "src/lanes/lane_stats.h"

namespace hawser::lanes {

class LaneQueue final {
 public:
  /// `workers` is at least 1.
  LaneQueue(const LaneOptions& options, std::size_t workers);

  /// Accepted, the job is in the queue.
  Admission admit(Job& job, const JobTerms& terms, Instant now);

  struct Turn {
    Job* job = nullptr;  ///< Null: there is nothing that this worker may do.
    bool more = false;   ///< There is something for another worker.
  };
  /// The next job; each is given once, and finish() follows its end. Dead ones on the way are dropped.
  Turn take(Instant now);

  /// What is to be known of a job for finish(), for the job may be gone by then.
  struct Running {
    Lane lane = Lane::kFast;
    std::size_t cost_class = 0;
    Duration extra_cost{};
    Duration cost{};
  };
  static Running running(const Job& job) {
    return {job.terms_.lane, job.terms_.cost_class, job.terms_.extra_cost, job.cost_};
  }
  void finish(const Running& job, Duration took, bool is_usual);

  /// From now on everything is refused. Jobs that are still admitted at that moment are found by the
  /// drop_all() of either side.
  void close() { closed_.store(true); }
  bool is_closed() const { return closed_.load(); }
  void drop_all();

  /// Something was admitted since the last take(). A hint.
  bool has_new() const;
  void count(Lane lane, Reason reason);
  /// What is before a new job in its own lane, over the workers that the lane has.
  Duration wait_in(Lane lane) const;
  /// All but the workers.
  LaneStats stats() const;

 private:
  // What loops write is on cache lines of its own.
  struct alignas(64) OfLane {
    std::atomic<Job*> inbox{nullptr};  // the newest first
    std::atomic<std::int64_t> cost{0};
    std::atomic<std::size_t> jobs{0};
    std::atomic<std::uint64_t> submitted{0};
    std::array<std::atomic<std::uint64_t>, kReasons> refused{};
    Duration max_delay{};
    alignas(64) std::atomic<std::uint64_t> executed{0};
    JobList waiting;  // guarded by mutex_
  };
  OfLane& of(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  const OfLane& of(Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }

  Duration wait_for_other(Lane lane, Instant now) const;
  /// `wait`: before its turn. What an estimate alone says that is stale keeps nobody out.
  bool is_hopeless(const JobTerms& terms, Duration wait, Duration cost, Instant now) const;
  Admission refuse(Lane lane, Reason reason, Duration retry_after = {});
  static void push(OfLane& lane, Job& job);
  void collect();  // under mutex_, as the next three
  Job* choose(Instant now);
  bool has_turn_for_another();
  void begin_slow(const Job& job, Instant now);
  /// Takes a dead job off the books.
  void drop(Job& job, Reason reason);

  const std::size_t workers_;
  const std::size_t most_slow_;  // workers that slow jobs may hold
  const std::size_t max_jobs_;
  const Duration patience_;
  CostModel costs_;
  std::array<OfLane, kLanes> lanes_;
  std::atomic<bool> closed_{false};

  std::mutex mutex_;
  std::atomic<std::size_t> slow_running_{0};    // written under mutex_
  std::atomic<Instant> slow_until_{Instant{}};  // of a single worker: when its slow job should be over
  Instant next_aged_turn_{};                    // guarded by mutex_
};

}  // namespace hawser::lanes
