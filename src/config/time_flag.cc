#include "src/config/time_flag.h"

#include <string>

#include "tools/common/parse.h"

namespace hawser {

Result<void> read_time(const tools::Flags& flags, const TimeFlag& flag, server::ServerOptions& options) {
  const std::string text = flags.text(flag.name);
  const Result<Duration> time = text == "never" ? Duration::max() : tools::parse_duration(text);
  if (!time) return flags.wrong(flag.name, time.error().detail + ", or never");
  if (*time == Duration::zero()) return flags.wrong(flag.name, "it can't be 0");
  options.*flag.time = *time;
  return {};
}

}  // namespace hawser
