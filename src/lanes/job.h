// A piece of work for the lanes: a node of their queues, so that queueing never allocates.
//
//   submit -> refused: the job is its owner's again, and nothing else comes
//          -> run() or on_dropped(): exactly one of them, exactly once, on a worker's thread
//             (on_dropped(kStopped) also on the thread that stops the lanes, or inside submit() meanwhile)
//
// The lanes don't touch a job after they called either, so both may destroy it.
#pragma once

#include <atomic>
#include <cstddef>

#include "hawser/base/clock.h"
#include "src/lanes/lane.h"

namespace hawser::lanes {

/// What a worker keeps from job to job; used by its thread alone, or by one that made sure it rests.
class WorkerState {
 public:
  virtual ~WorkerState() = default;
  /// Between jobs: private keys that are not to be used any more are let go of.
  virtual void let_go_of_stale_keys() = 0;
};

/// What is said of a job when it is offered.
struct JobTerms {
  Lane lane = Lane::kFast;
  std::size_t cost_class = 0;  ///< Of LaneOptions::costs.
  Duration extra_cost{};       ///< What this one costs on top, for the size of its input.
  Instant deadline = kNever;
  /// Never refused but by the end of the lanes: for the server's own jobs, and what has waited for its key.
  bool forced = false;
};

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  /// Nobody waits for it any more: unless it runs already it is dropped when its turn comes. Any thread.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 protected:
  /// From submit() to the worker; in run().
  Duration queued() const { return taken_ - submitted_; }
  Instant taken_at() const { return taken_; }

  virtual void on_dropped(Reason why) = 0;

 private:
  friend class JobList;
  friend class LaneQueue;
  friend class Lanes;

  /// True: it took its usual time, so the lanes may learn from it; false: it ended early.
  virtual bool run(WorkerState& worker) = 0;

  Job* next_ = nullptr;
  JobTerms terms_;
  Duration cost_{};
  Instant submitted_{};
  Instant taken_{};
  std::atomic<bool> cancelled_{false};
};

/// First in, first out; one thread at a time.
class JobList final {
 public:
  bool empty() const { return head_ == nullptr; }
  Job& front() { return *head_; }
  void push_back(Job& job) {
    job.next_ = nullptr;
    (head_ == nullptr ? head_ : tail_->next_) = &job;
    tail_ = &job;
  }
  Job& pop_front() {
    Job& job = *head_;
    head_ = job.next_;
    return job;
  }

 private:
  Job* head_ = nullptr;
  Job* tail_ = nullptr;
};

}  // namespace hawser::lanes
