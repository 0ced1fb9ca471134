#include "hawser/base/byte_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/seed.h"

namespace hawser {
namespace {

std::string text_of(const ByteQueue& queue) { return test::as_text(queue.readable()); }

TEST_CASE("ByteQueue: a new queue is empty and holds no memory") {
  const ByteQueue queue;
  CHECK(queue.empty());
  CHECK(queue.size() == 0);
  CHECK(queue.capacity() == 0);
  CHECK(queue.readable().empty());
}

TEST_CASE("ByteQueue: bytes come out in the order they went in") {
  ByteQueue queue;
  queue.append(test::as_bytes("one "));
  queue.append(test::as_bytes("two "));
  queue.append(test::as_bytes("three"));
  CHECK(text_of(queue) == "one two three");
  queue.consume(4);
  CHECK(text_of(queue) == "two three");
  CHECK(queue.size() == 9);
}

TEST_CASE("ByteQueue: appending nothing takes no memory") {
  ByteQueue queue;
  queue.append({});
  CHECK(queue.capacity() == 0);
}

TEST_CASE("ByteQueue: reserved room is readable only as far as it was committed") {
  ByteQueue queue;
  MutableBytes room = queue.reserve(10);
  CHECK(room.size() >= 10);
  std::copy_n("abcdefghij", 10, room.begin());
  queue.commit(3);
  CHECK(text_of(queue) == "abc");
  room = queue.reserve(2);
  std::copy_n("XY", 2, room.begin());
  queue.commit(2);
  CHECK(text_of(queue) == "abcXY");
}

TEST_CASE("ByteQueue: readable bytes can be changed in place") {
  ByteQueue queue;
  queue.append(test::as_bytes("_"));
  queue.append(test::as_bytes("....."));
  queue.readable()[0] = 'm';
  CHECK(text_of(queue) == "m.....");
}

TEST_CASE("ByteQueue: an emptied queue keeps a small block and starts at its front") {
  ByteQueue queue;
  queue.append(test::as_bytes("hello"));
  const std::size_t capacity = queue.capacity();
  queue.consume(5);
  CHECK(queue.empty());
  CHECK(queue.capacity() == capacity);
  CHECK(queue.reserve(1).size() == capacity);
}

TEST_CASE("ByteQueue: an emptied queue gives back a large block") {
  ByteQueue queue;
  const std::vector<std::uint8_t> large(ByteQueue::kKeepBytes + 1, 'x');
  queue.append(large);
  CHECK(queue.capacity() > ByteQueue::kKeepBytes);
  queue.consume(large.size() - 1);
  CHECK(queue.capacity() > ByteQueue::kKeepBytes);
  queue.consume(1);
  CHECK(queue.capacity() == 0);
  queue.append(test::as_bytes("again"));
  CHECK(text_of(queue) == "again");
}

TEST_CASE("ByteQueue: clear forgets the bytes, release the memory as well") {
  ByteQueue queue;
  queue.append(test::as_bytes("something"));
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.capacity() > 0);
  queue.append(test::as_bytes("more"));
  CHECK(text_of(queue) == "more");
  queue.release();
  CHECK(queue.empty());
  CHECK(queue.capacity() == 0);
}

TEST_CASE("ByteQueue: consumed room at the front is used again without growing") {
  ByteQueue queue;
  const std::vector<std::uint8_t> chunk(400, 'c');
  queue.append(chunk);
  const std::size_t capacity = queue.capacity();
  for (int i = 0; i < 1000; ++i) {
    queue.consume(390);
    queue.append(std::span(chunk).first(390));
    CHECK(queue.size() == 400);
  }
  CHECK(queue.capacity() <= 2 * capacity);
}

TEST_CASE("ByteQueue: memory at most doubles what is held") {
  ByteQueue queue;
  const std::vector<std::uint8_t> chunk(1000, 'c');
  for (int i = 0; i < 300; ++i) {
    queue.append(chunk);
    CHECK(queue.capacity() <= std::max<std::size_t>(2 * queue.size(), 1000));
  }
}

TEST_CASE("ByteQueue: moving takes the bytes and leaves a usable empty queue") {
  ByteQueue first;
  first.append(test::as_bytes("payload"));
  ByteQueue second(std::move(first));
  CHECK(text_of(second) == "payload");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): the point
  CHECK(first.capacity() == 0);
  first.append(test::as_bytes("new"));
  CHECK(text_of(first) == "new");

  second = std::move(first);
  CHECK(text_of(second) == "new");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): the point
}

TEST_CASE("ByteQueue: any mix of operations agrees with a plain string") {
  std::mt19937_64 random = test::seeded_generator(1);
  ByteQueue queue;
  std::string model;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t size = random() % (step % 50 == 0 ? 100000 : 300);
    if (random() % 2 == 0) {
      const std::string chunk(size, static_cast<char>('a' + step % 26));
      queue.append(test::as_bytes(chunk));
      model += chunk;
    } else if (random() % 50 == 0) {
      queue.clear();
      model.clear();
    } else {
      const std::size_t taken = std::min(size, model.size());
      queue.consume(taken);
      model.erase(0, taken);
    }
    REQUIRE(queue.size() == model.size());
    if (step % 20 == 0) REQUIRE(text_of(queue) == model);
  }
}

}  // namespace
}  // namespace hawser
