#include "hawser/base/cancellation.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace hawser::test {
namespace {

struct Listening {
  explicit Listening(const Cancellation& source) : attached(listener.listen(source)) {}
  void on_cancelled() { ++heard; }

  std::atomic<int> heard{0};
  CancelListener listener{Delegate<void()>::bind<&Listening::on_cancelled>(*this)};
  const bool attached;
};

}  // namespace

TEST_CASE("Cancellation: every listener is told once, those that come later are refused") {
  const Cancellation source = Cancellation::create();
  const Cancellation copy = source;
  Listening first(source), second(copy), left(source);
  left.listener.stop();
  CHECK_FALSE(source.is_cancelled());
  copy.cancel();
  source.cancel();
  CHECK(source.is_cancelled());
  CHECK(first.heard == 1);
  CHECK(second.heard == 1);
  CHECK(left.heard == 0);
  CHECK_FALSE(Listening(source).attached);
}

TEST_CASE("Cancellation: of nothing is never cancelled") {
  const Cancellation nothing;
  CHECK_FALSE(nothing);
  Listening listening(nothing);
  CHECK(listening.attached);
  nothing.cancel();
  CHECK_FALSE(nothing.is_cancelled());
  CHECK(listening.heard == 0);
}

TEST_CASE("Cancellation: neither handles nor listeners have to outlive the others") {
  std::optional<Cancellation> source = Cancellation::create();
  std::optional<Listening> early(*source);
  Listening late(*source);
  early.reset();
  source->cancel();
  source.reset();
  late.listener.stop();
  CHECK(late.heard == 1);
  std::optional<Cancellation> forgotten = Cancellation::create();
  Listening orphan(*forgotten);
  forgotten.reset();
  CHECK(orphan.heard == 0);
}

TEST_CASE("Cancellation: a listener may listen again, to another source") {
  const Cancellation one = Cancellation::create();
  const Cancellation other = Cancellation::create();
  Listening listening(one);
  listening.listener.stop();
  CHECK(listening.listener.listen(other));
  one.cancel();
  CHECK(listening.heard == 0);
  other.cancel();
  CHECK(listening.heard == 1);
}

TEST_CASE("Cancellation: after stop() nothing comes, whatever other threads do") {
  for (int round = 0; round < 200; ++round) {
    const Cancellation source = Cancellation::create();
    std::thread canceller([source] { source.cancel(); });
    {
      Listening listening(source);
      listening.listener.stop();
      const int heard = listening.heard;
      CHECK(heard <= 1);
      CHECK(listening.heard == heard);
    }
    canceller.join();
    CHECK(source.is_cancelled());
  }
}

}  // namespace hawser::test
