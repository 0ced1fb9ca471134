// Work handed to a loop from any thread: an intrusive node, so posting never allocates.
#pragma once

#include <atomic>

#include "hawser/base/delegate.h"

namespace hawser::event {

class Task final {
 public:
  using Callback = Delegate<void()>;

  explicit Task(Callback callback) : callback_(callback) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

 private:
  friend class TaskList;
  friend class Loop;

  Callback callback_;
  Task* next_ = nullptr;
  std::atomic<bool> queued_{false};  // true from post() until just before the callback runs
};

/// First in, first out. Not thread-safe by itself: the loop guards it.
class TaskList final {
 public:
  bool empty() const { return head_ == nullptr; }
  void push_back(Task& task);
  /// Precondition: not empty.
  Task& pop_front();
  /// Takes everything out.
  TaskList take();

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;
};

}  // namespace hawser::event
