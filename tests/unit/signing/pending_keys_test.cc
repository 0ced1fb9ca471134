#include "src/signing/pending_keys.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace hawser::signing {
namespace {

using Outcome = PendingKeys::Outcome;

struct Caller {
  void on_told(bool is_closed) {
    ++told;
    closed = is_closed;
    if (then) then();
  }
  int told = 0;
  bool closed = false;
  std::function<void()> then;
  PendingKeys::Waiter waiter{PendingKeys::Waiter::Told::bind<&Caller::on_told>(*this)};
};

}  // namespace

TEST_CASE("PendingKeys: who waits for a key is told once, when it is there, and nobody else is") {
  PendingKeys pending;
  pending.add("a");
  pending.add("b");
  Caller first;
  Caller second;
  Caller other;
  CHECK(pending.wait(first.waiter, "a") == Outcome::kWaits);
  CHECK(pending.wait(other.waiter, "b") == Outcome::kWaits);
  CHECK(pending.wait(second.waiter, "a") == Outcome::kWaits);
  CHECK(pending.waiting() == 3);
  CHECK(pending.contains("a"));
  pending.remove("a");
  CHECK_FALSE(pending.contains("a"));
  CHECK(first.told + second.told == 2);
  CHECK_FALSE(first.closed);
  CHECK(other.told == 0);
  CHECK(pending.waiting() == 1);
  CHECK_FALSE(pending.leave(first.waiter));
  pending.remove("a");
  CHECK(first.told == 1);
  CHECK(pending.leave(other.waiter));
  pending.remove("b");
  CHECK(other.told == 0);
}

TEST_CASE("PendingKeys: nobody waits for a key that nobody makes, nor with too many others, nor at the end") {
  PendingKeys pending(1);
  Caller first;
  Caller second;
  CHECK(pending.wait(first.waiter, "a") == Outcome::kNotPending);
  pending.add("a");
  CHECK(pending.wait(first.waiter, "a") == Outcome::kWaits);
  CHECK(pending.wait(second.waiter, "a") == Outcome::kFull);
  CHECK(pending.leave(first.waiter));
  CHECK_FALSE(pending.leave(first.waiter));
  CHECK(pending.wait(second.waiter, "a") == Outcome::kWaits);
  pending.close();
  CHECK(second.told == 1);
  CHECK(second.closed);
  CHECK(pending.wait(first.waiter, "a") == Outcome::kClosed);
  CHECK(first.told == 0);
}

TEST_CASE("PendingKeys: who is told may be gone afterwards, and may wait for another key") {
  PendingKeys pending;
  pending.add("a");
  pending.add("b");
  auto gone = std::make_unique<Caller>();
  Caller again;
  gone->then = [&] { gone.reset(); };
  again.then = [&] {
    again.then = nullptr;
    CHECK(pending.wait(again.waiter, "b") == Outcome::kWaits);
  };
  REQUIRE(pending.wait(gone->waiter, "a") == Outcome::kWaits);
  REQUIRE(pending.wait(again.waiter, "a") == Outcome::kWaits);
  pending.remove("a");
  CHECK(gone == nullptr);
  CHECK(pending.waiting() == 1);
  pending.remove("b");
  CHECK(again.told == 2);
}

TEST_CASE("PendingKeys: each waiter is told or has left, never both, whoever is quicker") {
  struct Racer {
    void on_told(bool) { told.fetch_add(1); }
    std::atomic<int> told{0};
    PendingKeys::Waiter waiter{PendingKeys::Waiter::Told::bind<&Racer::on_told>(*this)};
  };
  for (int round = 0; round < 200; ++round) {
    PendingKeys pending;
    pending.add("a");
    std::vector<std::unique_ptr<Racer>> racers;
    for (int i = 0; i < 8; ++i) {
      racers.push_back(std::make_unique<Racer>());
      REQUIRE(pending.wait(racers.back()->waiter, "a") == Outcome::kWaits);
    }
    std::atomic<int> left{0};
    std::thread leaver([&] {
      for (const auto& racer : racers) left += pending.leave(racer->waiter) ? 1 : 0;
    });
    pending.remove("a");
    leaver.join();
    int told = 0;
    for (const auto& racer : racers) told += racer->told.load();
    CHECK(told + left == 8);
    CHECK(pending.waiting() == 0);
  }
}

}  // namespace hawser::signing
