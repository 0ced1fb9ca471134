// Traces of private keys that functions leave on the stack, if only because the dynamic linker saves
// registers there when a function is called for the first time. (Tried with OpenSSL 3.0: the tests of
// destroyed keys found one. What it leaves in freed memory is the business of src/hardening/wiping_memory.h.)
#pragma once

namespace hawser::crypto {

/// Wipes what functions that have returned left on this thread's stack, 64 KiB from here, and in its vector
/// registers, where copying leaves the last bytes. Some microseconds.
void wipe_used_stack();

/// The same at the end of a scope: for functions with many ends.
class StackWipe final {
 public:
  StackWipe() = default;
  ~StackWipe() { wipe_used_stack(); }
  StackWipe(const StackWipe&) = delete;
  StackWipe& operator=(const StackWipe&) = delete;
};

}  // namespace hawser::crypto
