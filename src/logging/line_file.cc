#include "src/logging/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hawser::logging {
namespace {

constexpr int kMostWaitMs = 100;
// A pipe that is ready takes this much without making its writer wait (PIPE_BUF, pipe(7)).
constexpr std::size_t kPipeBytes = 4096;

UniqueFd open_to_append(const std::string& path) {
  // O_NONBLOCK: a pipe without a reader is an error, and not the end of all waiting.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  return UniqueFd(::open(path.c_str(), kFlags, 0600));
}

std::string explain(int error_number) {
  return error_number == ELOOP ? "it is a symbolic link" : errno_text(error_number);
}

}  // namespace

Result<std::unique_ptr<LineFile>> LineFile::open(const std::string& path) {
  if (path == "-") {
    UniqueFd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!copy.is_open()) return usage_error("can't write to standard output: " + errno_text(errno));
    return std::unique_ptr<LineFile>(new LineFile("standard output", std::move(copy), false));
  }
  UniqueFd fd = open_to_append(path);
  if (!fd.is_open()) return usage_error("can't open " + path + ": " + explain(errno));
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !(S_ISREG(facts.st_mode) || S_ISCHR(facts.st_mode))) {
    return usage_error("can't append to " + path + ": it is neither a plain file nor a device");
  }
  return std::unique_ptr<LineFile>(new LineFile(path, std::move(fd), S_ISREG(facts.st_mode)));
}

Result<bool> LineFile::prepare() {
  if (!plain_) return false;
  struct stat named {};
  struct stat open {};
  if (::lstat(path_.c_str(), &named) == 0 && ::fstat(fd_.get(), &open) == 0 && named.st_dev == open.st_dev &&
      named.st_ino == open.st_ino) {
    return false;
  }
  UniqueFd fd = open_to_append(path_);
  if (!fd.is_open()) return io_error(errno, "open " + path_ + " again");
  if (::fstat(fd.get(), &open) != 0 || !S_ISREG(open.st_mode)) {
    return io_error(EINVAL, "open " + path_ + " again: it is no plain file any more");
  }
  fd_ = std::move(fd);
  return true;
}

Result<std::size_t> LineFile::write(std::string_view bytes) {
  if (!plain_) {
    pollfd entry{fd_.get(), POLLOUT, 0};
    if (::poll(&entry, 1, kMostWaitMs) <= 0) return 0;
    bytes = bytes.substr(0, kPipeBytes);
  }
  const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno == EINTR || errno == EAGAIN) return 0;
  return io_error(errno, "write to " + path_);
}

}  // namespace hawser::logging
