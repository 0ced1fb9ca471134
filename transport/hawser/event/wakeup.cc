#include "hawser/event/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace hawser::event {

Result<std::unique_ptr<Wakeup>> Wakeup::create() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.is_open()) return io_error(errno, "create an eventfd");
  return std::unique_ptr<Wakeup>(new Wakeup(std::move(fd)));
}

void Wakeup::signal() {
  const int saved_errno = errno;  // a signal handler must leave it alone (signal-safety(7))
  const std::uint64_t one = 1;
  while (::write(fd_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved_errno;
}

}  // namespace hawser::event
