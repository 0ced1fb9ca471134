#include "hawser/binding/state_pool.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
  static int alive;
};
int Counted::alive = 0;

using Pool = binding::StatePool<Counted>;

}  // namespace

TEST_CASE("StatePool: what was released is handed out again, the last first") {
  Pool pool;
  pool.prepare(1);
  auto first = pool.acquire(0);
  auto second = pool.acquire(0);
  const Counted* const a = first.get();
  const Counted* const b = second.get();
  CHECK(a != b);
  pool.release(0, std::move(first), 10);
  pool.release(0, std::move(second), 10);
  const auto again = pool.acquire(0);
  const auto older = pool.acquire(0);
  CHECK(again.get() == b);
  CHECK(older.get() == a);
}

TEST_CASE("StatePool: each worker has its own") {
  Pool pool;
  pool.prepare(2);
  auto state = pool.acquire(0);
  const Counted* const address = state.get();
  pool.release(0, std::move(state), 0);
  const auto other = pool.acquire(1);
  CHECK(other.get() != address);
  CHECK(pool.acquire(0).get() == address);
}

TEST_CASE("StatePool: a state that held a large message goes back to the heap") {
  Pool pool;
  pool.prepare(1);
  pool.release(0, pool.acquire(0), 64 * 1024);
  CHECK(Counted::alive == 1);
  pool.release(0, pool.acquire(0), 64 * 1024 + 1);
  CHECK(Counted::alive == 0);
}

TEST_CASE("StatePool: it keeps a bounded number, and none after its end") {
  {
    Pool pool;
    pool.prepare(1);
    std::vector<std::unique_ptr<Counted>> states;
    for (int i = 0; i < 1000; ++i) states.push_back(pool.acquire(0));
    CHECK(Counted::alive == 1000);
    for (auto& state : states) pool.release(0, std::move(state), 0);
    CHECK(Counted::alive == 256);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("StatePool: a retired state lives on for a while, and is never handed out") {
  {
    Pool pool;
    pool.prepare(2);
    for (int i = 0; i < 100; ++i) pool.retire(1, pool.acquire(1));
    CHECK(Counted::alive == 64);
    const auto fresh = pool.acquire(1);
    CHECK(Counted::alive == 65);
  }
  CHECK(Counted::alive == 0);
}

}  // namespace hawser::test
