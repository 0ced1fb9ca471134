#include "src/hardening/memory_lock.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>

namespace hawser::hardening {
namespace {

std::string limit_text() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return "unknown";
  if (limit.rlim_cur == RLIM_INFINITY) return "unlimited";
  return std::to_string(limit.rlim_cur / 1024) + " KiB";
}

}  // namespace

Result<void> try_to_lock(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return io_error(errno, "take " + std::to_string(bytes / 1024) + " KiB of memory");
  const int locked = ::mlock(memory, bytes);
  const int why = errno;
  ::munmap(memory, bytes);  // unlocks it, too
  if (locked == 0) return {};
  return io_error(why, "lock " + std::to_string(bytes / 1024) +
                           " KiB more of memory; the limit (ulimit -l, LimitMEMLOCK=) is " + limit_text());
}

}  // namespace hawser::hardening
