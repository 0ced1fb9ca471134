#include "hawser/base/intrusive_list.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace hawser {
namespace {

struct Item : ListLink {
  explicit Item(char name_of_it) : name(name_of_it) {}
  char name;
};
using List = IntrusiveList<Item>;

std::string names(List& list) {
  std::string all;
  list.for_each([&](Item& item) { all += item.name; });
  return all;
}

TEST_CASE("IntrusiveList: elements come in the order they were pushed") {
  Item a('a'), b('b'), c('c');
  List list;
  CHECK(list.empty());
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  CHECK_FALSE(list.empty());
  CHECK(&list.front() == &a);
  CHECK(names(list) == "abc");
}

TEST_CASE("IntrusiveList: a popped element is in no list") {
  Item a('a'), b('b');
  List list;
  list.push_back(a);
  list.push_back(b);
  CHECK(&list.pop_front() == &a);
  CHECK_FALSE(a.is_linked());
  CHECK(b.is_linked());
  list.push_back(a);
  CHECK(names(list) == "ba");
}

TEST_CASE("IntrusiveList: an element can leave from the middle, and leaving twice does nothing") {
  Item a('a'), b('b'), c('c');
  List list;
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  b.unlink();
  b.unlink();
  CHECK(names(list) == "ac");
}

TEST_CASE("IntrusiveList: a destroyed element unlinks itself") {
  Item a('a'), c('c');
  List list;
  list.push_back(a);
  {
    Item b('b');
    list.push_back(b);
    list.push_back(c);
    CHECK(names(list) == "abc");
  }
  CHECK(names(list) == "ac");
}

TEST_CASE("IntrusiveList: a destroyed list lets its elements go") {
  Item a('a'), b('b');
  {
    List list;
    list.push_back(a);
    list.push_back(b);
  }
  CHECK_FALSE(a.is_linked());
  CHECK_FALSE(b.is_linked());
}

TEST_CASE("IntrusiveList: taking all moves them to the end in order") {
  Item a('a'), b('b'), c('c'), d('d');
  List first, second;
  first.push_back(a);
  first.push_back(b);
  second.push_back(c);
  second.push_back(d);
  first.take_all(second);
  CHECK(second.empty());
  CHECK(names(first) == "abcd");
  first.take_all(second);
  CHECK(names(first) == "abcd");
}

TEST_CASE("IntrusiveList: the visited element may unlink or destroy itself") {
  auto a = std::make_unique<Item>('a');
  auto b = std::make_unique<Item>('b');
  Item c('c');
  List list;
  list.push_back(*a);
  list.push_back(*b);
  list.push_back(c);
  std::string seen;
  list.for_each([&](Item& item) {
    seen += item.name;
    if (&item == a.get()) {
      a.reset();
    } else if (&item == b.get()) {
      b->unlink();
    }
  });
  CHECK(seen == "abc");
  CHECK(names(list) == "c");
}

}  // namespace
}  // namespace hawser
