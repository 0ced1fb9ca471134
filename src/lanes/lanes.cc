#include "src/lanes/lanes.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace hawser::lanes {
namespace {

std::size_t cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

std::size_t workers_of(const LaneOptions& options) {
  if (options.workers != 0) return options.workers;
  return std::clamp<std::size_t>(cpus() - 1, 1, LaneOptions::kMostWorkers);
}

}  // namespace

Lanes::Lanes(const LaneOptions& options, std::size_t workers)
    : nice_(options.nice),
      by_hand_(options.by_hand),
      spin_(options.spin),
      now_(options.now),
      queue_(options, workers),
      workers_(workers) {}

Result<std::unique_ptr<Lanes>> Lanes::create(const LaneOptions& options, const MakeState& make_state) {
  const std::size_t workers = workers_of(options);
  if (workers > LaneOptions::kMostWorkers) {
    return usage_error("there can be " + std::to_string(LaneOptions::kMostWorkers) +
                       " signing workers at most, not " + std::to_string(workers));
  }
  std::unique_ptr<Lanes> lanes(new Lanes(options, workers));
  for (std::size_t i = 0; i < workers; ++i) lanes->workers_[i].state = make_state(i);
  if (options.by_hand) return lanes;
  try {
    for (std::size_t i = 0; i < workers; ++i) {
      lanes->workers_[i].thread = std::thread([raw = lanes.get(), i] { raw->work(i); });
    }
  } catch (const std::system_error& error) {
    return io_error(error.code().value(), "starting a signing worker");
  }
  return lanes;
}

Lanes::~Lanes() { stop(); }

Admission Lanes::submit(Job& job, const JobTerms& terms) {
  Admission admission = queue_.admit(job, terms, now_());
  if (!admission.accepted()) return admission;
  // The lanes may have ended in between, and then nobody else looks any more.
  if (queue_.is_closed()) {
    queue_.drop_all();
  } else if (!by_hand_) {
    idle_.wake_one();
  }
  return admission;
}

LaneStats Lanes::stats() const {
  LaneStats stats = queue_.stats();
  for (const Worker& worker : workers_) {
    if (worker.is_busy.load(std::memory_order_relaxed)) ++stats.busy_workers;
  }
  return stats;
}

void Lanes::run_here(Job& job, WorkerState& state, Instant now) {
  job.submitted_ = job.taken_ = now;
  (void)job.run(state);
}

void Lanes::stop() {
  queue_.close();
  for (std::size_t i = 0; i < workers_.size(); ++i) idle_.wake(i);
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
    worker.state.reset();
  }
  queue_.drop_all();
}

void Lanes::let_go_of_stale_keys() {
  const std::uint32_t request = let_go_asked_.fetch_add(1) + 1;
  for (std::size_t i = 0; i < workers_.size(); ++i) idle_.wake(i);
  for (Worker& worker : workers_) {
    if (by_hand_) {
      let_go_if_asked(worker);
      continue;
    }
    // Counters that wrap around are compared by their distance.
    std::uint32_t done = worker.let_go.load();
    while (static_cast<std::int32_t>(done - request) < 0 && !worker.has_ended.load()) {
      worker.let_go.wait(done);
      done = worker.let_go.load();
    }
  }
}

void Lanes::let_go_if_asked(Worker& worker) {
  const std::uint32_t request = let_go_asked_.load();
  if (request == worker.let_go.load(std::memory_order_relaxed)) return;
  if (worker.state != nullptr) worker.state->let_go_of_stale_keys();
  worker.let_go.store(request);
  worker.let_go.notify_all();
}

Instant Lanes::run(Worker& worker, Job& job, Instant begun) {
  const LaneQueue::Running running = LaneQueue::running(job);
  const bool is_usual = job.run(*worker.state);
  const Instant ended = now_();
  queue_.finish(running, ended - begun, is_usual);
  return ended;
}

// Another worker is woken when there is more than this one can do.
Job* Lanes::next_job(Instant now) {
  const LaneQueue::Turn turn = queue_.take(now);
  if (turn.job != nullptr && turn.more) idle_.wake_one();
  return turn.job;
}

// Before a worker sleeps, and instead.
Job* Lanes::look_around(std::size_t index, ResultBatch& results) {
  results.flush();
  if (spin_ > Duration{}) {
    const Instant end = now_() + spin_;
    while (!queue_.has_new() && now_() < end) std::this_thread::yield();
  }
  idle_.announce(index);
  const LaneQueue::Turn turn = queue_.take(now_());
  if (turn.job == nullptr) {
    results.flush();  // of jobs that were dropped
    if (!queue_.is_closed()) idle_.rest(index);
    idle_.withdraw(index);
    return nullptr;
  }
  // It may have been called for another job than this: somebody else is to look for that.
  const bool was_called = !idle_.withdraw(index);
  if (was_called || turn.more) idle_.wake_one();
  return turn.job;
}

void Lanes::work(std::size_t index) {
  Worker& worker = workers_[index];
  pthread_setname_np(pthread_self(), ("signer-" + std::to_string(index)).c_str());
  // Of this thread alone: Linux has a niceness a thread. Refused, it stays as it is.
  const int before = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), std::min(before + nice_, 19));

  ResultBatch results;
  Instant now = now_();
  while (!queue_.is_closed()) {
    let_go_if_asked(worker);
    Job* job = next_job(now);
    if (job == nullptr) {
      worker.is_busy.store(false, std::memory_order_relaxed);
      job = look_around(index, results);
      now = now_();
      if (job == nullptr) continue;
    }
    worker.is_busy.store(true, std::memory_order_relaxed);
    results.make_way(LaneQueue::running(*job).cost, now);
    const Duration waited = job->queued();
    const Instant deadline = job->terms_.deadline;  // the job may be gone soon
    now = run(worker, *job, now);
    results.add(waited, deadline, now);
  }
  results.flush();
  worker.is_busy.store(false, std::memory_order_relaxed);
  worker.state.reset();
  worker.has_ended.store(true);
  worker.let_go.fetch_add(1);  // whoever waits looks again
  worker.let_go.notify_all();
}

bool Lanes::run_one(std::size_t worker) {
  let_go_if_asked(workers_[worker]);
  const LaneQueue::Turn turn = queue_.take(now_());
  if (turn.job == nullptr) return false;
  run(workers_[worker], *turn.job, now_());
  return true;
}

}  // namespace hawser::lanes
