// For LD_PRELOAD into linux.uml, whose kernel knows CPU state up to AVX-512: 2,696 bytes. A machine with more
// (AMX) refuses to set less than all of it (Linux xstateregs_set), and the guest dies in its first process.
// Here a shorter state is completed with zeroes, which mean "not in use": no guest gets to use the rest.
#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using Ptrace = long (*)(enum __ptrace_request, ...);

struct State {
  alignas(64) char bytes[64 * 1024] = {};
  std::size_t size = 0;  // what this machine wants
};

}  // namespace

// glibc's declaration, whose arguments are always these three.
extern "C" __attribute__((visibility("default"))) long ptrace(enum __ptrace_request request, ...) noexcept {
  static const auto next = reinterpret_cast<Ptrace>(::dlsym(RTLD_NEXT, "ptrace"));
  static State state;  // linux.uml traces from one thread

  va_list arguments;
  va_start(arguments, request);
  const int pid = va_arg(arguments, int);
  void* const address = va_arg(arguments, void*);
  void* const data = va_arg(arguments, void*);
  va_end(arguments);
  if (request != PTRACE_SETREGSET || reinterpret_cast<std::uintptr_t>(address) != NT_X86_XSTATE) {
    return next(request, pid, address, data);
  }

  iovec whole{state.bytes, sizeof state.bytes};
  if (state.size == 0) {
    if (next(PTRACE_GETREGSET, pid, address, &whole) != 0) return -1;
    state.size = whole.iov_len;
    std::memset(state.bytes, 0, sizeof state.bytes);
  }
  const auto* given = static_cast<const iovec*>(data);
  if (given->iov_len >= state.size) return next(request, pid, address, data);
  std::memcpy(state.bytes, given->iov_base, given->iov_len);
  whole.iov_len = state.size;
  return next(request, pid, address, &whole);
}
