// Lines of standard input, for a reader that can be told to stop.
#pragma once

#include <optional>
#include <string>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"

namespace hawser::tools {

class LineSource final {
 public:
  /// `fd` isn't owned.
  static Result<LineSource> create(int fd);

  /// Waits. nullopt at the end, and after stop().
  std::optional<std::string> next();
  /// Everything up to the end.
  std::string rest();
  /// Any thread.
  void stop();

 private:
  LineSource(int fd, UniqueFd stop_reader, UniqueFd stop_writer)
      : fd_(fd), stop_reader_(std::move(stop_reader)), stop_writer_(std::move(stop_writer)) {}
  bool fill();

  int fd_;
  UniqueFd stop_reader_;
  UniqueFd stop_writer_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace hawser::tools
