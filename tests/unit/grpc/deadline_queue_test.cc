#include "hawser/grpc/deadline_queue.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using grpc::DeadlineEntry;
using grpc::DeadlineQueue;
using namespace std::chrono_literals;

constexpr Instant kStart = Instant(1h);

TEST_CASE("DeadlineQueue: an empty queue is never due") {
  DeadlineQueue queue;
  CHECK(queue.next() == kNever);
  CHECK(queue.pop_due(kNever) == nullptr);
}

TEST_CASE("DeadlineQueue: entries come out by deadline, each once, none early") {
  DeadlineQueue queue;
  DeadlineEntry late, early, middle;
  late.deadline = kStart + 3s;
  early.deadline = kStart + 1s;
  middle.deadline = kStart + 2s;
  queue.add(late);
  queue.add(early);
  queue.add(middle);
  CHECK(queue.next() == kStart + 1s);
  CHECK(queue.pop_due(kStart + 1s - Duration(1)) == nullptr);
  CHECK(queue.pop_due(kStart + 1s) == &early);
  CHECK(queue.pop_due(kStart + 1s) == nullptr);
  CHECK(queue.next() == kStart + 2s);
  CHECK(queue.pop_due(kStart + 9s) == &middle);
  CHECK(queue.pop_due(kStart + 9s) == &late);
  CHECK(queue.pop_due(kStart + 9s) == nullptr);
  CHECK(queue.next() == kNever);
}

TEST_CASE("DeadlineQueue: calls without a deadline are not kept") {
  DeadlineQueue queue;
  DeadlineEntry entry;
  queue.add(entry);
  CHECK(queue.next() == kNever);
  queue.remove(entry);
}

TEST_CASE("DeadlineQueue: a removed entry is not due; removing twice is nothing") {
  DeadlineQueue queue;
  DeadlineEntry first, second;
  first.deadline = kStart;
  second.deadline = kStart + 1s;
  queue.add(first);
  queue.add(second);
  queue.remove(first);
  queue.remove(first);
  CHECK(queue.next() == kStart + 1s);
  CHECK(queue.pop_due(kStart + 1s) == &second);
  queue.remove(second);
}

TEST_CASE("DeadlineQueue: an entry can be used again after it was due") {
  DeadlineQueue queue;
  DeadlineEntry entry;
  for (int i = 1; i < 4; ++i) {
    entry.deadline = kStart + i * 1s;
    queue.add(entry);
    CHECK(queue.pop_due(entry.deadline) == &entry);
  }
}

}  // namespace
}  // namespace hawser::test
