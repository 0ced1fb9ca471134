// What people see of a run while it lasts: a line on standard error, written over on a terminal.
#pragma once

#include <string>

#include "hawser/base/clock.h"
#include "tools/profile/load_run.h"

namespace hawser::profile {

/// "[####------]  40 %  1000 calls/s  p50 201 us  p99 7.20 ms  2 failed". `length` is that of the measured
/// time; zero: it isn't known, and there is no bar. `calls` is how many ended since the last line, in `since`
/// time.
std::string progress_line(const Progress& progress, Duration length, std::uint64_t calls, Duration since);

class ProgressPrinter final {
 public:
  /// `is_terminal`: a line takes the place of the one before.
  ProgressPrinter(Duration length, bool is_terminal) : length_(length), is_terminal_(is_terminal) {}
  /// Leaves the line for what comes next.
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  void print(const Progress& progress);

 private:
  const Duration length_;
  const bool is_terminal_;
  bool has_printed_ = false;
  std::uint64_t calls_ = 0;
  Duration elapsed_{};
};

}  // namespace hawser::profile
