#include "src/hardening/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>

namespace hawser::hardening {

Result<void> harden_process(const ProcessOptions& options) {
  ::umask(077);
  constexpr rlimit kNone{0, 0};
  if (::setrlimit(RLIMIT_CORE, &kNone) != 0) return io_error(errno, "switch core dumps off");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return io_error(errno, "give up gaining privileges");
  if (options.allow_profiling) return {};
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return io_error(errno, "hide the memory from other processes");
  return {};
}

}  // namespace hawser::hardening
