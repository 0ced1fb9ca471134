#include "src/lanes/result_batch.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>

#include "support/sockets.h"

namespace hawser::lanes {
namespace {

using namespace std::chrono_literals;
using event::LoopWake;

constexpr Instant kEnd = Instant{} + 1h;  // of a job

// A job's result was posted to a loop that sleeps.
struct Result {
  Result() {
    wake->begin_sleep();
    CHECK(event::PostBatch::put_off(wake));
  }
  bool has_left() const { return test::wait_for(wake->fd(), POLLIN, 0); }

  ResultBatch batch;
  event::SharedWake wake = LoopWake::create(test::value_of(event::Wakeup::create()));
};

TEST_CASE("ResultBatch: a result of a job that hadn't to wait leaves before the next one") {
  Result result;
  result.batch.add(0us, kNever, kEnd);
  result.batch.make_way(1us, kEnd);
  CHECK(result.has_left());
}

TEST_CASE("ResultBatch: one that had waits for others, an eighth of that") {
  Result result;
  result.batch.add(800us, kNever, kEnd);
  result.batch.make_way(60us, kEnd);
  result.batch.add(10s, kNever, kEnd + 60us);
  result.batch.make_way(40us, kEnd + 60us);
  CHECK_FALSE(result.has_left());
  result.batch.make_way(41us, kEnd + 60us);
  CHECK(result.has_left());
}

TEST_CASE("ResultBatch: it is never late for a deadline that it can meet") {
  Result result;
  result.batch.add(10s, kEnd + 80us, kEnd);
  result.batch.make_way(10us, kEnd);
  CHECK_FALSE(result.has_left());
  result.batch.make_way(11us, kEnd);
  CHECK(result.has_left());
}

TEST_CASE("ResultBatch: none waits for long, nor while the worker rests") {
  Result result;
  result.batch.add(1h, kNever, kEnd);
  SUBCASE("a long job") { result.batch.make_way(1001us, kEnd); }
  SUBCASE("a rest") { result.batch.flush(); }
  CHECK(result.has_left());
}

TEST_CASE("ResultBatch: what became of dropped jobs doesn't wait for the next one") {
  Result result;
  result.batch.make_way(1us, kEnd);
  CHECK(result.has_left());
}

TEST_CASE("ResultBatch: a deadline that has passed is none to hurry for, and none to wait for") {
  Result result;
  result.batch.add(10s, kEnd - 1s, kEnd);
  result.batch.make_way(1us, kEnd);
  CHECK(result.has_left());
}

}  // namespace
}  // namespace hawser::lanes
