// OpenSSL's secure heap: private keys live in one piece of memory that is locked (never swapped), between
// guard pages, and left out of core dumps. It has to be there before the first key is decoded, and it doesn't
// grow: a key that finds no room is not loaded.
#pragma once

#include <cstddef>

#include "hawser/base/result.h"

namespace hawser::hardening {

/// A P-256 key takes 32 bytes, an RSA-2048 key about 900, an RSA-4096 key twice that, and every worker that
/// signs with a key may have a copy. Besides, a signature that is being made takes some kilobytes.
inline constexpr std::size_t kDefaultSecureHeapMib = 4;
inline constexpr std::size_t kMostSecureHeapMib = 1024;

enum class HeapState { kLocked, kNotLocked };

/// `mib` is rounded up to a power of two. kNotLocked: it works, but the kernel may swap it out; most likely
/// RLIMIT_MEMLOCK is too low. Scope usage: there is no memory for it. Once a process, before other threads.
Result<HeapState> make_secure_heap(std::size_t mib);

/// Bytes in use; 0 without one.
std::size_t secure_heap_used();

}  // namespace hawser::hardening
