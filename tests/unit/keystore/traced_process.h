// A process that is stopped at each of its system calls (ptrace), to be killed there or to be told another
// result. x86-64.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace hawser::test {

/// What becomes of one system call.
struct Verdict {
  enum class Kind {
    kRun,
    kKillBefore,  ///< The process dies, and the call isn't made.
    kKillAfter,   ///< The process dies, and the call is made.
    kFail,        ///< The call isn't made, and gives `error`.
    kShorten,     ///< The call (a read or write) is made with half of its bytes.
  };
  Kind kind = Kind::kRun;
  int error = 0;
};

struct TracedRun {
  bool was_killed = false;  ///< By a verdict.
  int signal = 0;           ///< Not 0: it died of this, by itself.
  int exit_code = -1;
  std::vector<long> calls;  ///< Numbers (SYS_*) of all system calls of `act`, in order.
};

/// Forks; the child runs `prepare` undisturbed, then `act`, whose result is its exit code; `judge` is asked
/// of each system call of `act` by its index and number.
TracedRun run_traced(const std::function<void()>& prepare, const std::function<int()>& act,
                     const std::function<Verdict(std::size_t, long)>& judge);

}  // namespace hawser::test
