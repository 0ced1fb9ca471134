// Traces of private keys in memory that nobody owns any more.
//
// OpenSSL wipes private numbers when it frees them, but not all that it makes of them on the way: encoding
// and decoding a key, checking it and Ed25519's generation leave copies in freed memory. On the stack, too,
// copies stay behind, if only because the dynamic linker saves registers there when a function is called for
// the first time. (Tried with 3.0: the tests of destroyed keys find both.)
#pragma once

namespace hawser::crypto {

/// What OpenSSL frees is wiped, for the rest of the process. The first time before anything else of the
/// library is used, or it does nothing; gives whether it is so. Costs a memset for each freed block, which no
/// signature shows.
bool wipe_freed_library_memory();

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
