#include "unit/keystore/traced_process.h"

#include <doctest/doctest.h>

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace hawser::test {
namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

user_regs_struct registers_of(pid_t child) {
  user_regs_struct registers{};
  REQUIRE(ptrace(PTRACE_GETREGS, child, nullptr, &registers) == 0);
  return registers;
}

void set_registers(pid_t child, const user_regs_struct& registers) {
  REQUIRE(ptrace(PTRACE_SETREGS, child, nullptr, &registers) == 0);
}

// To the next stop, or the end.
int go_on(pid_t child) {
  REQUIRE(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

void kill_and_wait(pid_t child) {
  int status = 0;
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

void apply_at_entry(pid_t child, const Verdict& verdict, user_regs_struct registers) {
  if (verdict.kind == Verdict::Kind::kFail) {
    registers.orig_rax = ~std::uint64_t{0};  // no such call: the kernel makes none
    set_registers(child, registers);
  } else if (verdict.kind == Verdict::Kind::kShorten && registers.rdx > 1) {
    registers.rdx /= 2;
    set_registers(child, registers);
  }
}

void apply_at_exit(pid_t child, const Verdict& verdict) {
  if (verdict.kind != Verdict::Kind::kFail) return;
  user_regs_struct registers = registers_of(child);
  registers.rax = static_cast<std::uint64_t>(-static_cast<std::int64_t>(verdict.error));
  set_registers(child, registers);
}

[[noreturn]] void be_child(const std::function<void()>& prepare, const std::function<int()>& act) {
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  prepare();
  raise(SIGSTOP);
  _exit(act());
}

}  // namespace

TracedRun run_traced(const std::function<void()>& prepare, const std::function<int()>& act,
                     const std::function<Verdict(std::size_t, long)>& judge) {
  const pid_t child = fork();
  if (child == 0) be_child(prepare, act);
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));
  REQUIRE(WSTOPSIG(status) == SIGSTOP);
  REQUIRE(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);

  TracedRun run;
  // The system call of raise() is over; what raise() does after it counts as part of `act`.
  bool at_entry = true;
  Verdict verdict;
  for (;;) {
    status = go_on(child);
    if (WIFEXITED(status)) {
      run.exit_code = WEXITSTATUS(status);
      return run;
    }
    if (WIFSIGNALED(status)) {
      run.signal = WTERMSIG(status);
      return run;
    }
    if (WSTOPSIG(status) != kSystemCallStop) {  // a signal of its own; it isn't delivered
      run.signal = WSTOPSIG(status);
      kill_and_wait(child);
      return run;
    }
    if (at_entry) {
      const user_regs_struct registers = registers_of(child);
      const auto number = static_cast<long>(registers.orig_rax);
      verdict = judge(run.calls.size(), number);
      run.calls.push_back(number);
      if (verdict.kind == Verdict::Kind::kKillBefore) break;
      apply_at_entry(child, verdict, registers);
    } else {
      if (verdict.kind == Verdict::Kind::kKillAfter) break;
      apply_at_exit(child, verdict);
    }
    at_entry = !at_entry;
  }
  kill_and_wait(child);
  run.was_killed = true;
  return run;
}

}  // namespace hawser::test
