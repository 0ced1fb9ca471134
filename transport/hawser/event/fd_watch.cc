#include "hawser/event/fd_watch.h"

#include <sys/epoll.h>

#include "hawser/event/loop.h"

namespace hawser::event {

FdWatch::~FdWatch() { stop(); }

Result<void> FdWatch::start() { return loop_.add_watch(*this, EPOLLIN | EPOLLOUT | EPOLLRDHUP); }

Result<void> FdWatch::start_reading() { return loop_.add_watch(*this, EPOLLIN); }

void FdWatch::stop() {
  if (registered_) loop_.remove_watch(*this);
}

}  // namespace hawser::event
