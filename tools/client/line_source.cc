#include "tools/client/line_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace hawser::tools {

Result<LineSource> LineSource::create(int fd) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return io_error(errno, "pipe");
  return LineSource(fd, UniqueFd(ends[0]), UniqueFd(ends[1]));
}

std::optional<std::string> LineSource::next() {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t newline = buffer_.find('\n', searched);
    if (newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return line;
    }
    searched = buffer_.size();
    if (fill()) continue;
    if (buffer_.empty()) return std::nullopt;
    return std::exchange(buffer_, {});  // the last line has no newline
  }
}

std::string LineSource::rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

void LineSource::stop() { stop_writer_.reset(); }

// False at the end.
bool LineSource::fill() {
  while (!at_end_) {
    std::array<pollfd, 2> waiting = {{{fd_, POLLIN, 0}, {stop_reader_.get(), POLLIN, 0}}};
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (waiting[1].revents != 0) {
      buffer_.clear();
      break;
    }
    std::array<char, 4096> piece;
    const ssize_t size = read(fd_, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    buffer_.append(piece.data(), static_cast<std::size_t>(size));
    return true;
  }
  at_end_ = true;
  return false;
}

}  // namespace hawser::tools
