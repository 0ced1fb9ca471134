// Processor time of processes.
#pragma once

#include "hawser/base/clock.h"

namespace hawser::profile {

/// Of this process, all threads, in user space and in the kernel; zero where the system doesn't say.
Duration own_cpu_time();
/// Of another one; zero when `pid` is none, or it is gone, or the system doesn't say.
Duration cpu_time_of(int pid);

}  // namespace hawser::profile
