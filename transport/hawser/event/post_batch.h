// Puts off waking: for a thread that posts much to loops that have little to do. Waking a sleeper is a system
// call, and on a virtual machine often an interrupt of another processor: some microseconds for each post.
//
//   PostBatch batch; ... loop.post(task) ... batch.flush();
//
// While one exists, a post of its thread to a loop that sleeps wakes it no sooner than flush(). A loop that
// is awake, or is woken by somebody else, runs the task as ever. So call flush() before anything that takes
// long, and before waiting for what was posted.
//
// Threads: one, which makes, uses and destroys it; one of them at a time on a thread.
#pragma once

#include "hawser/event/loop_wake.h"

namespace hawser::event {

class PostBatch final {
 public:
  /// Precondition: there is no other one on this thread.
  PostBatch();
  ~PostBatch();
  PostBatch(const PostBatch&) = delete;
  PostBatch& operator=(const PostBatch&) = delete;

  /// There is a loop that may have to be woken.
  bool is_pending() const { return pending_ != nullptr; }
  void flush();

  /// For Loop::post. False: the thread has no batch, so the caller wakes.
  static bool put_off(const SharedWake& wake);

 private:
  SharedWake pending_;  // of one loop: a post to another wakes this one
};

}  // namespace hawser::event
