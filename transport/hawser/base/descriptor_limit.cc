#include "hawser/base/descriptor_limit.h"

#include <sys/resource.h>

namespace hawser {

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  // Refused: the old limit holds, and accepting pauses there (S-23).
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace hawser
