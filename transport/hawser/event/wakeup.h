// Wakes a loop that waits in epoll_wait, from any thread: an eventfd.
//
// It is never read. Watched edge-triggered, every write is a new edge whatever the counter holds, and the
// counter overflows after 2^64 - 2 writes (eventfd(2)): one system call less for each wake-up.
#pragma once

#include <memory>
#include <utility>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"

namespace hawser::event {

class Wakeup final {
 public:
  static Result<std::unique_ptr<Wakeup>> create();

  int fd() const { return fd_.get(); }
  /// Any thread; safe in a signal handler.
  void signal();

 private:
  explicit Wakeup(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace hawser::event
