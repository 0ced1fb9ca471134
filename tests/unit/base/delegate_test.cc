#include "hawser/base/delegate.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace hawser {
namespace {

struct Counter {
  int total = 0;
  void add(int amount) { total += amount; }
  int get() const { return total; }
  std::string take(std::unique_ptr<std::string> text) { return std::move(*text); }
};

TEST_CASE("Delegate: an empty one is false") {
  const Delegate<void()> none;
  CHECK_FALSE(static_cast<bool>(none));
}

TEST_CASE("Delegate: it calls the member of the object it was bound to") {
  Counter first;
  Counter second;
  const auto add_first = Delegate<void(int)>::bind<&Counter::add>(first);
  const auto add_second = Delegate<void(int)>::bind<&Counter::add>(second);
  CHECK(static_cast<bool>(add_first));
  add_first(3);
  add_first(4);
  add_second(5);
  CHECK(first.total == 7);
  CHECK(second.total == 5);
}

TEST_CASE("Delegate: it gives back what the member returns") {
  Counter counter{42};
  CHECK(Delegate<int()>::bind<&Counter::get>(counter)() == 42);
}

TEST_CASE("Delegate: arguments that can only move are moved through") {
  Counter counter;
  const auto take = Delegate<std::string(std::unique_ptr<std::string>)>::bind<&Counter::take>(counter);
  CHECK(take(std::make_unique<std::string>("moved")) == "moved");
}

TEST_CASE("Delegate: copies call the same object") {
  Counter counter;
  auto add = Delegate<void(int)>::bind<&Counter::add>(counter);
  const auto copy = add;
  add = {};
  CHECK_FALSE(static_cast<bool>(add));
  copy(2);
  CHECK(counter.total == 2);
}

TEST_CASE("Delegate: a plain function gets its context") {
  int seen = 0;
  const auto function = [](void* context, int value) { *static_cast<int*>(context) = value; };
  const auto store = Delegate<void(int)>::from(function, &seen);
  store(9);
  CHECK(seen == 9);
}

}  // namespace
}  // namespace hawser
