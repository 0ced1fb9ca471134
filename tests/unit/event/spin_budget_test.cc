#include "hawser/event/spin_budget.h"

#include <doctest/doctest.h>

namespace hawser::event {
namespace {

using std::chrono::microseconds;

TEST_CASE("SpinBudget: without a limit nothing spins") {
  SpinBudget budget;
  budget.note_wait(Duration::zero());
  CHECK_FALSE(budget.is_enabled());
  CHECK(budget.current() == Duration::zero());
}

TEST_CASE("SpinBudget: long waits halve it down to nothing, less than two limits in all") {
  SpinBudget budget(microseconds(64));
  Duration burnt = Duration::zero();
  for (int wait = 0; wait < 10; ++wait) {
    burnt += budget.current();
    budget.note_wait(std::chrono::seconds(1));
  }
  CHECK(budget.current() == Duration::zero());
  CHECK(burnt < microseconds(128));
}

TEST_CASE("SpinBudget: one wait within the limit brings all of it back") {
  SpinBudget budget(microseconds(50));
  for (int wait = 0; wait < 10; ++wait) budget.note_wait(microseconds(51));
  CHECK(budget.current() == Duration::zero());
  budget.note_wait(microseconds(50));
  CHECK(budget.current() == microseconds(50));
}

}  // namespace
}  // namespace hawser::event
