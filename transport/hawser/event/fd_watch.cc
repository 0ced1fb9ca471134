#include "hawser/event/fd_watch.h"

#include <sys/epoll.h>

#include "hawser/event/loop.h"

namespace hawser::event {

FdWatch::~FdWatch() { stop(); }

Result<void> FdWatch::start() { return start_writing(); }

Result<void> FdWatch::start_reading() { return loop_.set_watch(*this, EPOLLIN | EPOLLRDHUP); }

Result<void> FdWatch::start_writing() {
  if (writing_) return {};
  Result<void> result = loop_.set_watch(*this, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  writing_ = result.has_value();
  return result;
}

void FdWatch::stop() {
  if (registered_) loop_.remove_watch(*this);
}

}  // namespace hawser::event
