// What a process gives up before it holds keys.
//
//   no core dumps                       RLIMIT_CORE 0
//   no reading of its memory by others  PR_SET_DUMPABLE 0: no ptrace, perf or gdb by the same user, and
//                                       /proc/self/{mem,fd,…} are root's
//   no new privileges                   PR_SET_NO_NEW_PRIVS: a set-uid program that it starts gains nothing
//   files for itself alone              umask 077
#pragma once

#include "hawser/base/result.h"

namespace hawser::hardening {

struct ProcessOptions {
  /// Leaves it dumpable, for perf and gdb. Core dumps stay off.
  bool allow_profiling = false;
};

/// First thing in main(), before threads and files. Scope io: what the kernel refused.
Result<void> harden_process(const ProcessOptions& options);

}  // namespace hawser::hardening
