#include "tools/profile/cpu_clock.h"

#include <sys/types.h>

#include <ctime>

namespace hawser::profile {
namespace {

Duration read(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Duration own_cpu_time() { return read(CLOCK_PROCESS_CPUTIME_ID); }

Duration cpu_time_of(int pid) {
  if (pid <= 0) return {};  // 0 would be this process
  clockid_t clock{};
  return ::clock_getcpuclockid(pid, &clock) == 0 ? read(clock) : Duration{};
}

}  // namespace hawser::profile
