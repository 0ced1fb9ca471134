// The threads that do what no event loop may: they sign. Jobs wait in two lanes (lane_queue.h has the rules).
//
//   Lanes::create(options, make_state) -> submit(job, terms) from any thread -> job.run(state) on a worker
//   -> stop(): what waits is dropped (kStopped), what runs is waited for
//
// Threads: submit(), count_refused() and stats() from any, without a lock, a system call only to wake a
// worker that sleeps. let_go_of_stale_keys() from any but workers and loops. The rest by the owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "hawser/base/result.h"
#include "src/keys/private_slot.h"
#include "src/lanes/idle_workers.h"
#include "src/lanes/lane_queue.h"
#include "src/lanes/result_batch.h"

namespace hawser::lanes {

class Lanes final : public keys::KeyUsers {
 public:
  /// The state of one worker; called in create().
  using MakeState = std::function<std::unique_ptr<WorkerState>(std::size_t worker)>;

  /// Scope usage: more workers than there can be. Scope io: the system gives no threads.
  static Result<std::unique_ptr<Lanes>> create(const LaneOptions& options, const MakeState& make_state);
  ~Lanes() override;
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// Never blocks. Accepted, the job may be over already when it returns.
  Admission submit(Job& job, const JobTerms& terms);
  /// For what the caller refuses in the lanes' stead.
  void count_refused(Lane lane, Reason reason) { queue_.count(lane, reason); }
  /// How long a job that came now would wait; a guess.
  Duration expected_wait(Lane lane) const { return queue_.wait_in(lane); }
  LaneStats stats() const;
  std::size_t workers() const { return workers_.size(); }
  Instant now() const { return now_(); }

  /// Runs a job that wasn't submitted, on the caller's thread and beside the lanes.
  static void run_here(Job& job, WorkerState& state, Instant now);

  void let_go_of_stale_keys() override;

  /// Once; by the destructor at the latest. Private keys in the workers' states are gone when it returns.
  void stop();

  /// LaneOptions::by_hand: does what worker `worker` would do next. False: there is nothing.
  bool run_one(std::size_t worker = 0);

 private:
  struct alignas(64) Worker {
    std::unique_ptr<WorkerState> state;
    std::thread thread;
    std::atomic<bool> is_busy{false};
    std::atomic<std::uint32_t> let_go{0};  // the last request to let go of keys that it followed
    std::atomic<bool> has_ended{false};    // and has no keys any more
  };

  Lanes(const LaneOptions& options, std::size_t workers);
  void work(std::size_t index);
  void let_go_if_asked(Worker& worker);
  Job* next_job(Instant now);
  Job* look_around(std::size_t index, ResultBatch& results);
  Instant run(Worker& worker, Job& job, Instant begun);

  const int nice_;
  const bool by_hand_;
  const Duration spin_;
  Instant (*const now_)();
  LaneQueue queue_;
  IdleWorkers idle_;
  std::vector<Worker> workers_;
  std::atomic<std::uint32_t> let_go_asked_{0};
};

}  // namespace hawser::lanes
