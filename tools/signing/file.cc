#include "tools/signing/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hawser/base/unique_fd.h"

namespace hawser::tools {
namespace {

constexpr mode_t kMode = 0666;  // less the umask: nothing that is written here is secret

std::string shown(const std::string& path, const char* standard) { return path == "-" ? standard : path; }

Result<void> write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return io_error(errno, "writing " + name);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

// A name that a person gave is a usage error, with the reason in words.
tl::unexpected<Error> wrong_file(const char* what, const std::string& path) {
  return usage_error(std::string(what) + " " + path + ": " + errno_text(errno));
}

}  // namespace

Result<void> read_in_pieces(const std::string& path, const std::function<bool(std::string_view)>& take) {
  UniqueFd file;
  if (path != "-") file = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = path == "-" ? STDIN_FILENO : file.get();
  if (fd < 0) return wrong_file("opening", path);
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return wrong_file("reading", shown(path, "standard input"));
    if (size == 0 || !take({piece.data(), static_cast<std::size_t>(size)})) return {};
  }
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  std::string bytes;
  bool too_long = false;
  const auto done = read_in_pieces(path, [&](std::string_view piece) {
    too_long = bytes.size() + piece.size() > most;
    if (!too_long) bytes.append(piece);
    return !too_long;
  });
  if (!done) return tl::unexpected<Error>(done.error());
  if (too_long) {
    return usage_error(shown(path, "standard input") + " is longer than " + std::to_string(most) + " bytes");
  }
  return bytes;
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  if (path == "-") return write_all(STDOUT_FILENO, bytes, "to standard output");
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (file.get() < 0) return wrong_file("opening", path);
  return write_all(file.get(), bytes, path);
}

bool is_terminal_output(const std::string& path) { return path == "-" && ::isatty(STDOUT_FILENO) == 1; }

}  // namespace hawser::tools
