// Open descriptors of the process, for leak checks: `const FdCount fds; … CHECK(fds.grown_by() == 0);`
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace hawser::test {

inline std::ptrdiff_t open_fd_count() {
  // The directory's own descriptor is in every count, so it cancels out.
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

class FdCount final {
 public:
  /// How many more are open than when the object was made.
  std::ptrdiff_t grown_by() const { return open_fd_count() - at_start_; }

 private:
  std::ptrdiff_t at_start_ = open_fd_count();
};

}  // namespace hawser::test
