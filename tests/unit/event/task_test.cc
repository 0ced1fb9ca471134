#include "hawser/event/task.h"

#include <doctest/doctest.h>

namespace hawser::event {
namespace {

TEST_CASE("TaskList: first in, first out") {
  Task a({}), b({}), c({});
  TaskList list;
  CHECK(list.empty());
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  CHECK(&list.pop_front() == &a);
  CHECK(&list.pop_front() == &b);
  CHECK_FALSE(list.empty());
  CHECK(&list.pop_front() == &c);
  CHECK(list.empty());
}

TEST_CASE("TaskList: a task may be queued again after it was taken out") {
  Task a({}), b({});
  TaskList list;
  list.push_back(a);
  list.push_back(b);
  list.push_back(list.pop_front());
  CHECK(&list.pop_front() == &b);
  CHECK(&list.pop_front() == &a);
  CHECK(list.empty());
  list.push_back(b);
  CHECK(&list.pop_front() == &b);
}

TEST_CASE("TaskList: taking everything leaves an empty list that works on") {
  Task a({}), b({});
  TaskList list;
  list.push_back(a);
  TaskList taken = list.take();
  CHECK(list.empty());
  list.push_back(b);
  CHECK(&taken.pop_front() == &a);
  CHECK(taken.empty());
  CHECK(&list.pop_front() == &b);
}

}  // namespace
}  // namespace hawser::event
