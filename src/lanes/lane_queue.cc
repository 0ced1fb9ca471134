#include "src/lanes/lane_queue.h"

#include <algorithm>

namespace hawser::lanes {
namespace {

constexpr int kPatience = 4;    // times the slow lane's bound
constexpr int kAgedShare = 10;  // an aged slow job has one of so many parts of the time

std::optional<Reason> why_dead(const Job& job, Instant deadline, Instant now) {
  if (job.is_cancelled()) return Reason::kCancelled;
  if (deadline <= now) return Reason::kExpired;
  return std::nullopt;
}

}  // namespace

LaneQueue::LaneQueue(const LaneOptions& options, std::size_t workers)
    : workers_(workers),
      most_slow_(std::max<std::size_t>(workers, 2) - 1),
      max_jobs_(options.max_jobs),
      patience_(kPatience * options.max_slow_delay),
      costs_(options.costs) {
  of(Lane::kFast).max_delay = options.max_fast_delay;
  of(Lane::kSlow).max_delay = options.max_slow_delay;
}

Duration LaneQueue::wait_in(Lane lane) const {
  const std::int64_t cost = of(lane).cost.load(std::memory_order_relaxed);
  if (lane == Lane::kSlow) return Duration(cost / static_cast<std::int64_t>(most_slow_));
  const std::size_t slow = std::min(slow_running_.load(std::memory_order_relaxed), workers_ - 1);
  return Duration(cost / static_cast<std::int64_t>(workers_ - slow));
}

// What the other lane adds to that where they share a single worker. It counts for deadlines alone: a fast
// job isn't refused because a slow one runs that is over in a moment.
Duration LaneQueue::wait_for_other(Lane lane, Instant now) const {
  if (workers_ > 1) return {};
  if (lane == Lane::kSlow) return Duration(of(Lane::kFast).cost.load(std::memory_order_relaxed));
  if (slow_running_.load(std::memory_order_relaxed) == 0) return {};
  return std::max(slow_until_.load(std::memory_order_relaxed) - now, Duration{});
}

bool LaneQueue::is_hopeless(const JobTerms& terms, Duration wait, Duration cost, Instant now) const {
  const Duration left = terms.deadline - now;
  if (left >= wait + cost) return false;
  return left <= wait || !costs_.is_stale(terms.cost_class, now);
}

Admission LaneQueue::admit(Job& job, const JobTerms& terms, Instant now) {
  OfLane& lane = of(terms.lane);
  if (is_closed()) return refuse(terms.lane, Reason::kStopped);
  const Duration cost = costs_.expected(terms.cost_class) + terms.extra_cost;
  const Duration wait = wait_in(terms.lane);
  if (!terms.forced) {
    if (terms.deadline != kNever && is_hopeless(terms, wait + wait_for_other(terms.lane, now), cost, now)) {
      return refuse(terms.lane, Reason::kHopeless);
    }
    if (wait > lane.max_delay) return refuse(terms.lane, Reason::kDelay, wait);
  }
  if (lane.jobs.fetch_add(1, std::memory_order_relaxed) >= max_jobs_ && !terms.forced) {
    lane.jobs.fetch_sub(1, std::memory_order_relaxed);
    return refuse(terms.lane, Reason::kCount, wait);
  }
  lane.cost.fetch_add(cost.count(), std::memory_order_relaxed);
  lane.submitted.fetch_add(1, std::memory_order_relaxed);
  job.terms_ = terms;
  job.cost_ = cost;
  job.submitted_ = now;
  push(lane, job);
  return {};
}

// Sequentially consistent, for whoever looks for sleeping workers afterwards (see Lanes::wake_one).
void LaneQueue::push(OfLane& lane, Job& job) {
  Job* newest = lane.inbox.load(std::memory_order_relaxed);
  do {
    job.next_ = newest;
  } while (!lane.inbox.compare_exchange_weak(newest, &job));
}

Admission LaneQueue::refuse(Lane lane, Reason reason, Duration retry_after) {
  count(lane, reason);
  return {reason, retry_after};
}

void LaneQueue::count(Lane lane, Reason reason) {
  of(lane).refused[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
}

bool LaneQueue::has_new() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const OfLane& lane) { return lane.inbox.load() != nullptr; });
}

void LaneQueue::collect() {
  for (OfLane& lane : lanes_) {
    if (lane.inbox.load() == nullptr) continue;
    Job* newest = lane.inbox.exchange(nullptr);
    Job* oldest = nullptr;
    while (newest != nullptr) {
      Job* before = newest->next_;
      newest->next_ = oldest;
      oldest = newest;
      newest = before;
    }
    while (oldest != nullptr) {
      Job* after = oldest->next_;
      lane.waiting.push_back(*oldest);
      oldest = after;
    }
  }
}

Job* LaneQueue::choose(Instant now) {
  JobList& fast = of(Lane::kFast).waiting;
  JobList& slow = of(Lane::kSlow).waiting;
  const bool may_slow = !slow.empty() && slow_running_.load(std::memory_order_relaxed) < most_slow_;
  const bool is_aged = may_slow && now - slow.front().submitted_ > patience_ && now >= next_aged_turn_;
  if (!fast.empty() && !is_aged) return &fast.pop_front();
  if (!may_slow) return nullptr;
  if (!fast.empty()) next_aged_turn_ = now + kAgedShare * slow.front().cost_;
  return &slow.pop_front();
}

bool LaneQueue::has_turn_for_another() {
  return !of(Lane::kFast).waiting.empty() ||
         (!of(Lane::kSlow).waiting.empty() && slow_running_.load(std::memory_order_relaxed) < most_slow_);
}

void LaneQueue::begin_slow(const Job& job, Instant now) {
  slow_running_.fetch_add(1, std::memory_order_relaxed);
  slow_until_.store(now + job.cost_, std::memory_order_relaxed);
}

LaneQueue::Turn LaneQueue::take(Instant now) {
  Turn turn;
  JobList dead;
  {
    const std::lock_guard lock(mutex_);
    collect();
    while (Job* job = choose(now)) {
      if (!why_dead(*job, job->terms_.deadline, now)) {
        if (job->terms_.lane == Lane::kSlow) begin_slow(*job, now);
        costs_.note_try(job->terms_.cost_class, now);
        job->taken_ = now;
        turn.job = job;
        break;
      }
      dead.push_back(*job);
    }
    turn.more = has_turn_for_another();
  }
  while (!dead.empty()) {
    Job& job = dead.pop_front();
    drop(job, job.is_cancelled() ? Reason::kCancelled : Reason::kExpired);
  }
  return turn;
}

void LaneQueue::drop(Job& job, Reason reason) {
  OfLane& lane = of(job.terms_.lane);
  lane.cost.fetch_sub(job.cost_.count(), std::memory_order_relaxed);
  lane.jobs.fetch_sub(1, std::memory_order_relaxed);
  count(job.terms_.lane, reason);
  job.on_dropped(reason);
}

void LaneQueue::finish(const Running& job, Duration took, bool is_usual) {
  OfLane& lane = of(job.lane);
  lane.cost.fetch_sub(job.cost.count(), std::memory_order_relaxed);
  lane.jobs.fetch_sub(1, std::memory_order_relaxed);
  lane.executed.fetch_add(1, std::memory_order_relaxed);
  if (is_usual) costs_.learn(job.cost_class, took - job.extra_cost);
  if (job.lane == Lane::kSlow) {
    const std::lock_guard lock(mutex_);
    slow_running_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void LaneQueue::drop_all() {
  JobList all;
  {
    const std::lock_guard lock(mutex_);
    collect();
    for (OfLane& lane : lanes_) {
      while (!lane.waiting.empty()) all.push_back(lane.waiting.pop_front());
    }
  }
  while (!all.empty()) drop(all.pop_front(), Reason::kStopped);
}

LaneStats LaneQueue::stats() const {
  LaneStats stats;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const OfLane& from = lanes_[i];
    LaneStats::OfLane& to = stats.lanes[i];
    to.jobs = from.jobs.load(std::memory_order_relaxed);
    to.cost = Duration(from.cost.load(std::memory_order_relaxed));
    to.executed = from.executed.load(std::memory_order_relaxed);
    to.submitted = from.submitted.load(std::memory_order_relaxed);
    for (std::size_t r = 0; r < kReasons; ++r) {
      to.refused[r] = from.refused[r].load(std::memory_order_relaxed);
    }
  }
  stats.workers = workers_;
  return stats;
}

}  // namespace hawser::lanes
