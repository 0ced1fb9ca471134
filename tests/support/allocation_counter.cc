#include "support/allocation_counter.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t thread_calls = 0;
thread_local std::uint64_t thread_bytes = 0;

}  // namespace

namespace hawser::test {

AllocationCounter::AllocationCounter() : calls_at_start_(thread_calls), bytes_at_start_(thread_bytes) {}
std::uint64_t AllocationCounter::calls() const { return thread_calls - calls_at_start_; }
std::uint64_t AllocationCounter::bytes() const { return thread_bytes - bytes_at_start_; }

}  // namespace hawser::test

// The rest is the replacement; see the header for why a sanitizer has none.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define HAWSER_COUNT_ALLOCATIONS
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
    !__has_feature(memory_sanitizer)
#define HAWSER_COUNT_ALLOCATIONS
#endif
#endif

#ifdef HAWSER_COUNT_ALLOCATIONS

namespace {

void* counted(std::size_t size) noexcept {
  ++thread_calls;
  thread_bytes += size;
  return std::malloc(size != 0 ? size : 1);
}

void* counted_aligned(std::size_t size, std::align_val_t alignment) noexcept {
  ++thread_calls;
  thread_bytes += size;
  const auto align = static_cast<std::size_t>(alignment);
  // aligned_alloc wants a multiple of the alignment.
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return or_throw(counted(size)); }
void* operator new[](std::size_t size) { return or_throw(counted(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new(std::size_t size, std::align_val_t a) { return or_throw(counted_aligned(size, a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return or_throw(counted_aligned(size, a)); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted_aligned(size, a);
}
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted_aligned(size, a);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif
