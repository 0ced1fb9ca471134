// Counts this thread's calls of operator new while the object lives. An executable that uses it has its
// global operator new replaced.
//
// Under a sanitizer the replacement would hide the sanitizer's own, so nothing is counted there: decorate
// such tests with `* doctest::skip(!AllocationCounter::kAvailable)`.
#pragma once

#include <cstdint>

namespace hawser::test {

class AllocationCounter final {
 public:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kAvailable = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
  static constexpr bool kAvailable = false;
#else
  static constexpr bool kAvailable = true;
#endif
#else
  static constexpr bool kAvailable = true;
#endif

  AllocationCounter();

  /// Calls, and the bytes they asked for, since the object was made.
  std::uint64_t calls() const;
  std::uint64_t bytes() const;

 private:
  std::uint64_t calls_at_start_;
  std::uint64_t bytes_at_start_;
};

}  // namespace hawser::test
