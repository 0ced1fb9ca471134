#include "hawser/base/indexed_heap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "support/allocation_counter.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

struct Element : HeapNode {
  explicit Element(int k) : key(k) {}
  int key;
};
using Heap = IndexedHeap<Element, &Element::key>;

TEST_CASE("IndexedHeap: pops in order of its key") {
  Heap heap;
  std::vector<std::unique_ptr<Element>> elements;
  for (const int key : {5, 3, 9, 1, 7, 1, 0, 12}) {
    elements.push_back(std::make_unique<Element>(key));
    heap.insert(*elements.back());
  }
  std::vector<int> keys;
  while (!heap.empty()) keys.push_back(heap.pop().key);
  CHECK(keys == std::vector<int>{0, 1, 1, 3, 5, 7, 9, 12});
}

TEST_CASE("IndexedHeap: elements know whether they are in it") {
  Heap heap;
  Element element(1);
  CHECK_FALSE(element.in_heap());
  heap.insert(element);
  CHECK(element.in_heap());
  heap.remove(element);
  CHECK_FALSE(element.in_heap());
  CHECK(heap.empty());
  heap.insert(element);
  CHECK(&heap.top() == &element);
  CHECK(&heap.pop() == &element);
  CHECK_FALSE(element.in_heap());
}

TEST_CASE("IndexedHeap: the only, the first and the last element can be removed") {
  Heap heap;
  Element a(1), b(2), c(3);
  heap.insert(a);
  heap.remove(a);
  for (Element* element : {&a, &b, &c}) heap.insert(*element);
  heap.remove(c);
  heap.remove(a);
  CHECK(heap.size() == 1);
  CHECK(&heap.top() == &b);
}

// The element that fills the hole may be smaller than the hole's parent: it must rise, not sink.
TEST_CASE("IndexedHeap: a hole in another branch is filled upwards") {
  Heap heap;
  std::vector<std::unique_ptr<Element>> elements;
  for (const int key : {1, 10, 2, 11, 12, 3, 4}) {
    elements.push_back(std::make_unique<Element>(key));
    heap.insert(*elements.back());
  }
  heap.remove(*elements[3]);  // key 11, under 10; the last element is 4
  std::vector<int> keys;
  while (!heap.empty()) keys.push_back(heap.pop().key);
  CHECK(keys == std::vector<int>{1, 2, 3, 4, 10, 12});
}

TEST_CASE("IndexedHeap: behaves as a sorted set under random use") {
  std::mt19937_64 random = seeded_generator(0x4EA9);
  Heap heap;
  std::vector<std::unique_ptr<Element>> elements;
  for (int i = 0; i < 300; ++i) elements.push_back(std::make_unique<Element>(0));
  std::multiset<int> model;
  for (int step = 0; step < 50'000; ++step) {
    Element& element = *elements[random() % elements.size()];
    if (element.in_heap()) {
      model.erase(model.find(element.key));
      heap.remove(element);
    } else {
      element.key = static_cast<int>(random() % 100);
      model.insert(element.key);
      heap.insert(element);
    }
    REQUIRE(heap.size() == model.size());
    if (!model.empty()) REQUIRE(heap.top().key == *model.begin());
  }
  while (!heap.empty()) {
    const int key = heap.pop().key;
    REQUIRE(key == *model.begin());
    model.erase(model.begin());
  }
}

TEST_CASE("IndexedHeap: once it has its size it allocates nothing" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  Heap heap;
  std::vector<std::unique_ptr<Element>> elements;
  for (int i = 0; i < 100; ++i) elements.push_back(std::make_unique<Element>(i * 7 % 100));
  for (const auto& element : elements) heap.insert(*element);
  while (!heap.empty()) heap.pop();
  const AllocationCounter allocations;
  for (const auto& element : elements) heap.insert(*element);
  while (!heap.empty()) heap.pop();
  const std::uint64_t calls = allocations.calls();
  CHECK(calls == 0);
}

}  // namespace
}  // namespace hawser::test
