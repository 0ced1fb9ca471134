#include "src/lanes/lane_queue.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <vector>

#include "unit/lanes/test_job.h"

namespace hawser::lanes {
namespace {

using test::fast;
using test::slow;
using test::TestJob;
using namespace std::chrono_literals;

const Instant kStart{1h};

// A queue, a clock that is moved by hand, and the end of jobs.
class Rig {
 public:
  explicit Rig(std::size_t workers, LaneOptions options = test::lane_options(1)) : queue(options, workers) {}

  Job* take() {
    Job* job = queue.take(now).job;
    if (job != nullptr) running.push_back(LaneQueue::running(*job));
    return job;
  }
  void finish_first(Duration took = 10ms) {
    queue.finish(running.front(), took, false);
    running.erase(running.begin());
  }
  Admission admit(Job& job, const JobTerms& terms) { return queue.admit(job, terms, now); }

  LaneQueue queue;
  Instant now = kStart;
  std::vector<LaneQueue::Running> running;
};

}  // namespace

TEST_CASE("LaneQueue: jobs of one lane come in the order in which they were offered") {
  Rig rig(1);
  std::array<TestJob, 5> jobs;
  CHECK(rig.take() == nullptr);
  for (int i = 0; i < 3; ++i) REQUIRE(rig.admit(jobs[i], fast()).accepted());
  CHECK(rig.take() == &jobs[0]);
  for (int i = 3; i < 5; ++i) REQUIRE(rig.admit(jobs[i], fast()).accepted());
  for (int i = 1; i < 5; ++i) CHECK(rig.take() == &jobs[i]);
  CHECK(rig.take() == nullptr);
}

TEST_CASE("LaneQueue: a fast job goes before slow ones that came earlier") {
  Rig rig(1);
  TestJob first;
  TestJob second;
  REQUIRE(rig.admit(first, slow()).accepted());
  REQUIRE(rig.admit(second, fast()).accepted());
  CHECK(rig.take() == &second);
  CHECK(rig.take() == &first);
}

TEST_CASE("LaneQueue: slow jobs leave one of several workers to the fast ones") {
  Rig rig(3);
  std::array<TestJob, 3> slow_jobs;
  TestJob fast_job;
  for (TestJob& job : slow_jobs) REQUIRE(rig.admit(job, slow()).accepted());
  CHECK(rig.take() == &slow_jobs[0]);
  CHECK(rig.take() == &slow_jobs[1]);
  CHECK(rig.take() == nullptr);
  REQUIRE(rig.admit(fast_job, fast()).accepted());
  CHECK(rig.take() == &fast_job);
  rig.finish_first();  // a slow one
  CHECK(rig.take() == &slow_jobs[2]);
}

TEST_CASE("LaneQueue: a single worker does slow jobs, too") {
  Rig rig(1);
  TestJob job;
  REQUIRE(rig.admit(job, slow()).accepted());
  CHECK(rig.take() == &job);
}

TEST_CASE("LaneQueue: tells of work for another worker, but not of slow jobs that nobody may take") {
  Rig rig(2);
  std::array<TestJob, 3> jobs;
  REQUIRE(rig.admit(jobs[0], slow()).accepted());
  REQUIRE(rig.admit(jobs[1], slow()).accepted());
  LaneQueue::Turn turn = rig.queue.take(rig.now);
  CHECK(turn.job == &jobs[0]);
  CHECK_FALSE(turn.more);
  REQUIRE(rig.admit(jobs[2], fast()).accepted());
  rig.queue.finish(LaneQueue::running(*turn.job), 1ms, false);
  turn = rig.queue.take(rig.now);
  CHECK(turn.job == &jobs[2]);
  CHECK(turn.more);  // the slow one, for whoever is idle
}

TEST_CASE("LaneQueue: a slow job that fast ones kept waiting gets its turn, once in a while") {
  LaneOptions options = test::lane_options(1);
  options.max_fast_delay = options.max_slow_delay = 10ms;
  Rig rig(1, options);
  std::array<TestJob, 2> old;
  std::array<TestJob, 3> fresh;
  for (TestJob& job : old) REQUIRE(rig.admit(job, slow()).accepted());
  rig.now += 39ms;
  REQUIRE(rig.admit(fresh[0], fast()).accepted());
  CHECK(rig.take() == &fresh[0]);
  rig.now += 2ms;  // over four times the slow lane's bound
  REQUIRE(rig.admit(fresh[1], fast()).accepted());
  REQUIRE(rig.admit(fresh[2], fast()).accepted());
  CHECK(rig.take() == &old[0]);
  for (int i = 0; i < 2; ++i) rig.finish_first();
  // The next one waits for ten times what that costs, as long as there are fast ones.
  CHECK(rig.take() == &fresh[1]);
  rig.now += 99ms;
  CHECK(rig.take() == &fresh[2]);
  CHECK(rig.take() == &old[1]);
}

TEST_CASE("LaneQueue: refuses what would wait for longer than its lane's bound") {
  Rig rig(1);
  std::array<TestJob, 100> jobs;
  // 100 us each and a bound of 5 ms: the 52nd would have more than that before it.
  std::size_t accepted = 0;
  while (rig.admit(jobs[accepted], fast()).accepted()) ++accepted;
  CHECK(accepted == 51);
  const Admission refused = rig.admit(jobs[accepted], fast());
  REQUIRE(refused.refused == Reason::kDelay);
  CHECK(refused.retry_after == 5100us);
  CHECK(rig.queue.stats().of(Lane::kFast).count(Reason::kDelay) == 2);
  CHECK(rig.queue.stats().of(Lane::kFast).jobs == 51);
  CHECK(rig.queue.stats().of(Lane::kFast).cost == 5100us);

  SUBCASE("the other lane has its own bound") {
    TestJob other;
    CHECK(rig.admit(other, slow()).accepted());
  }
  SUBCASE("when some are done there is room again") {
    for (int i = 0; i < 2; ++i) REQUIRE(rig.take() != nullptr);
    CHECK_FALSE(rig.admit(jobs[60], fast()).accepted());  // they run, and still count
    for (int i = 0; i < 2; ++i) rig.finish_first();
    CHECK(rig.admit(jobs[60], fast()).accepted());
  }
  SUBCASE("the server's own jobs aren't refused") {
    JobTerms terms = fast();
    terms.forced = true;
    CHECK(rig.admit(jobs[60], terms).accepted());
  }
}

TEST_CASE("LaneQueue: more workers, more may wait; slow jobs count on those that they may hold") {
  Rig rig(3);
  std::array<TestJob, 300> jobs;
  std::size_t accepted = 0;
  while (rig.admit(jobs[accepted], fast()).accepted()) ++accepted;
  CHECK(accepted == 151);
  std::size_t slow_ones = 0;
  while (rig.admit(jobs[accepted + slow_ones], slow()).accepted()) ++slow_ones;
  CHECK(slow_ones == 11);  // 10 ms each, two workers, 50 ms
}

TEST_CASE("LaneQueue: a large input counts") {
  Rig rig(1);
  TestJob large;
  TestJob other;
  JobTerms terms = fast();
  terms.extra_cost = 6ms;
  REQUIRE(rig.admit(large, terms).accepted());
  CHECK(rig.admit(other, fast()).refused == Reason::kDelay);
}

TEST_CASE("LaneQueue: refuses more jobs than there may be, whatever they cost") {
  LaneOptions options = test::lane_options(1);
  options.max_jobs = 3;
  Rig rig(1, options);
  std::array<TestJob, 5> jobs;
  for (int i = 0; i < 3; ++i) REQUIRE(rig.admit(jobs[i], fast()).accepted());
  CHECK(rig.admit(jobs[3], fast()).refused == Reason::kCount);
  CHECK(rig.admit(jobs[4], slow()).accepted());
  REQUIRE(rig.take() != nullptr);
  rig.finish_first();
  CHECK(rig.admit(jobs[3], fast()).accepted());
}

TEST_CASE("LaneQueue: refuses what can't be done before its deadline") {
  Rig rig(1);
  std::array<TestJob, 5> jobs;
  CHECK(rig.admit(jobs[0], fast(rig.now)).refused == Reason::kHopeless);
  CHECK(rig.admit(jobs[0], fast(rig.now + 99us)).refused == Reason::kHopeless);
  CHECK(rig.admit(jobs[0], fast(rig.now + 100us)).accepted());
  // Now one is before it.
  CHECK(rig.admit(jobs[1], fast(rig.now + 199us)).refused == Reason::kHopeless);
  CHECK(rig.admit(jobs[1], fast(rig.now + 200us)).accepted());
  CHECK(rig.queue.stats().of(Lane::kFast).count(Reason::kHopeless) == 3);
}

TEST_CASE("LaneQueue: an estimate that a bad moment left behind doesn't keep everybody out for good") {
  Rig rig(1);
  std::array<TestJob, 4> jobs;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(rig.admit(jobs[0], fast()).accepted());
    REQUIRE(rig.take() == &jobs[0]);
    rig.queue.finish(rig.running.front(), 10ms, true);
    rig.running.clear();
  }
  const auto tight = [&] { return fast(rig.now + 200us); };
  CHECK(rig.admit(jobs[0], tight()).refused == Reason::kHopeless);
  rig.now += 1s;
  CHECK(rig.admit(jobs[0], tight()).refused == Reason::kHopeless);
  rig.now += 1ms;
  // Nobody came for a second: one is tried, and whoever comes behind it waits for what it says.
  CHECK(rig.admit(jobs[0], fast(rig.now)).refused == Reason::kHopeless);
  REQUIRE(rig.admit(jobs[0], tight()).accepted());
  CHECK(rig.admit(jobs[1], tight()).refused == Reason::kHopeless);
  REQUIRE(rig.take() == &jobs[0]);
  rig.queue.finish(rig.running.front(), 100us, true);
  rig.running.clear();
  CHECK(rig.admit(jobs[1], tight()).refused == Reason::kHopeless);
}

TEST_CASE("LaneQueue: a single worker's slow job is in the way of a fast deadline, but not of admission") {
  LaneOptions options = test::lane_options(1);
  options.costs = {100us, 20ms};
  Rig rig(1, options);
  TestJob running;
  std::array<TestJob, 3> jobs;
  REQUIRE(rig.admit(running, slow()).accepted());
  REQUIRE(rig.take() == &running);
  rig.now += 5ms;
  CHECK(rig.admit(jobs[0], fast()).accepted());
  CHECK(rig.admit(jobs[1], fast(rig.now + 15ms)).refused == Reason::kHopeless);
  CHECK(rig.admit(jobs[1], fast(rig.now + 16ms)).accepted());
}

TEST_CASE("LaneQueue: drops what died while it waited, says why, and does no work for it") {
  Rig rig(1);
  TestJob expired;
  TestJob cancelled;
  TestJob alive;
  REQUIRE(rig.admit(expired, fast(rig.now + 1ms)).accepted());
  REQUIRE(rig.admit(cancelled, fast()).accepted());
  REQUIRE(rig.admit(alive, fast(rig.now + 1s)).accepted());
  cancelled.cancel();
  rig.now += 1ms;
  CHECK(rig.take() == &alive);
  CHECK(expired.dropped == Reason::kExpired);
  CHECK(cancelled.dropped == Reason::kCancelled);
  CHECK(expired.runs + cancelled.runs == 0);
  CHECK_FALSE(alive.dropped.has_value());
  const LaneStats stats = rig.queue.stats();
  CHECK(stats.of(Lane::kFast).count(Reason::kExpired) == 1);
  CHECK(stats.of(Lane::kFast).count(Reason::kCancelled) == 1);
  CHECK(stats.of(Lane::kFast).jobs == 1);
  CHECK(stats.of(Lane::kFast).cost == 100us);
}

TEST_CASE("LaneQueue: a dead slow job takes nobody's place") {
  Rig rig(2);
  std::array<TestJob, 2> jobs;
  REQUIRE(rig.admit(jobs[0], slow()).accepted());
  REQUIRE(rig.admit(jobs[1], slow()).accepted());
  jobs[0].cancel();
  CHECK(rig.take() == &jobs[1]);
}

TEST_CASE("LaneQueue: when it ends it drops what waits and takes no more") {
  Rig rig(1);
  std::array<TestJob, 4> jobs;
  REQUIRE(rig.admit(jobs[0], fast()).accepted());
  REQUIRE(rig.take() == &jobs[0]);
  REQUIRE(rig.admit(jobs[1], fast()).accepted());
  REQUIRE(rig.admit(jobs[2], slow()).accepted());
  rig.queue.close();
  rig.queue.drop_all();
  CHECK_FALSE(jobs[0].dropped.has_value());
  CHECK(jobs[1].dropped == Reason::kStopped);
  CHECK(jobs[2].dropped == Reason::kStopped);
  CHECK(rig.admit(jobs[3], fast()).refused == Reason::kStopped);
  rig.finish_first();
  CHECK(rig.queue.stats().of(Lane::kFast).jobs == 0);
  CHECK(rig.queue.stats().of(Lane::kSlow).cost == 0us);
}

TEST_CASE("LaneQueue: learns what jobs take, without what their input took") {
  Rig rig(1);
  TestJob job;
  JobTerms terms = fast();
  terms.extra_cost = 1ms;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(rig.admit(job, terms).accepted());
    REQUIRE(rig.queue.take(rig.now).job == &job);
    rig.queue.finish(LaneQueue::running(job), 1200us, true);
  }
  REQUIRE(rig.admit(job, fast()).accepted());
  CHECK(rig.queue.stats().of(Lane::kFast).cost > 195us);
  CHECK(rig.queue.stats().of(Lane::kFast).cost <= 200us);
}

}  // namespace hawser::lanes
