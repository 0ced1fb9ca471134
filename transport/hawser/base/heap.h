// What the C library's heap does with freed memory.
#pragma once

#include <cstddef>

namespace hawser {

/// Programs: the heap keeps up to `bytes` of freed memory in each of its arenas instead of giving it back to
/// the kernel after every large message, whose next one would then pay for page faults (mallopt(3)). For the
/// start of main, before other threads. Without glibc nothing happens.
void keep_freed_memory(std::size_t bytes) noexcept;

}  // namespace hawser
