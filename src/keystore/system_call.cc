#include "src/keystore/system_call.h"

#include <unistd.h>

namespace hawser::keystore {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return false;
    if (written == 0) {  // of a regular file: nothing says why
      errno = EIO;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

long read_up_to(int fd, char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = uninterrupted([&] { return read(fd, out + done, size - done); });
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<long>(done);
}

}  // namespace hawser::keystore
