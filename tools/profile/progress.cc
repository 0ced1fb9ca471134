#include "tools/profile/progress.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "tools/common/parse.h"

namespace hawser::profile {

std::string progress_line(const Progress& progress, Duration length, std::uint64_t calls, Duration since) {
  if (progress.elapsed < Duration{})
    return "warm-up, for another " + tools::format_duration(-progress.elapsed);
  constexpr int kBar = 20;
  std::string line;
  if (length > Duration{}) {
    const double share =
        std::min(1.0, static_cast<double>(progress.elapsed.count()) / static_cast<double>(length.count()));
    const int filled = static_cast<int>(share * kBar);
    line += '[' + std::string(static_cast<std::size_t>(filled), '#') +
            std::string(static_cast<std::size_t>(kBar - filled), '-') + ']';
    char percent[16];
    std::snprintf(percent, sizeof(percent), " %3.0f %%", share * 100);
    line.append(percent).append("  ");
  }
  const double per_second =
      since > Duration{} ? static_cast<double>(calls) * 1e9 / static_cast<double>(since.count()) : 0;
  char rate[32];
  std::snprintf(rate, sizeof(rate), "%.0f calls/s", per_second);
  line += rate;
  line += "  p50 " + tools::format_duration(progress.recent.percentile(50));
  line += "  p99 " + tools::format_duration(progress.recent.percentile(99));
  if (progress.failed > 0) line += "  " + std::to_string(progress.failed) + " failed";
  return line;
}

ProgressPrinter::~ProgressPrinter() {
  if (has_printed_ && is_terminal_) std::cerr << "\r\x1b[K" << std::flush;
}

void ProgressPrinter::print(const Progress& progress) {
  const Duration since = progress.elapsed - std::max(elapsed_, Duration{});
  const std::string line = progress_line(progress, length_, progress.calls - calls_, since);
  std::cerr << (is_terminal_ ? "\r" : "") << line << (is_terminal_ ? "\x1b[K" : "\n") << std::flush;
  has_printed_ = true;
  calls_ = progress.calls;
  elapsed_ = progress.elapsed;
}

}  // namespace hawser::profile
