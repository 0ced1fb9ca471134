#include "hawser/base/heap.h"

#include <malloc.h>

#include <algorithm>

namespace hawser {

void keep_freed_memory([[maybe_unused]] std::size_t bytes) noexcept {
#ifdef M_TRIM_THRESHOLD
  constexpr std::size_t kMost = std::size_t{1} << 30;
  // glibc's own limit of blocks that are never mapped apart.
  constexpr std::size_t kLargestBlock = std::size_t{32} * 1024 * 1024;
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(std::min(bytes, kMost)));
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(std::min(bytes, kLargestBlock)));
#endif
}

}  // namespace hawser
