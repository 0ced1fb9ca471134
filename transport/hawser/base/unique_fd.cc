#include "hawser/base/unique_fd.h"

#include <unistd.h>

namespace hawser {

void UniqueFd::reset() {
  if (fd_ < 0) return;
  // close() may report an error of an earlier write; the descriptor is gone either way (Linux close(2)).
  static_cast<void>(::close(fd_));
  fd_ = -1;
}

}  // namespace hawser
