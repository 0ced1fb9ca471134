// System calls until they are done: again after a signal, and on after a part.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace hawser::keystore {

/// What `call` gives once no signal cuts it short.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// False with errno: not all was written.
bool write_all(int fd, std::string_view bytes);
/// Up to `size` bytes from where the descriptor stands; fewer at its end. -1 with errno.
long read_up_to(int fd, char* out, std::size_t size);

}  // namespace hawser::keystore
