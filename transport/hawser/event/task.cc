#include "hawser/event/task.h"

namespace hawser::event {

void TaskList::push_back(Task& task) {
  task.next_ = nullptr;
  if (tail_ == nullptr) {
    head_ = &task;
  } else {
    tail_->next_ = &task;
  }
  tail_ = &task;
}

Task& TaskList::pop_front() {
  Task& task = *head_;
  head_ = task.next_;
  if (head_ == nullptr) tail_ = nullptr;
  task.next_ = nullptr;
  return task;
}

TaskList TaskList::take() {
  const TaskList taken = *this;
  head_ = tail_ = nullptr;
  return taken;
}

}  // namespace hawser::event
