// What becomes of a run's result: printed, written to files, judged.
#pragma once

#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "tools/profile/load_config.h"
#include "tools/profile/result.h"

namespace hawser::profile {

inline constexpr int kExitFailed = 1;  ///< Calls failed, or this program lagged.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitGate = 3;  ///< A condition of --fail-if.

/// What a run comes to.
struct Verdict {
  int exit_code = 0;
  std::vector<std::string> reasons;  ///< For people.
};
/// Gates that say how many errors there may be take the place of the rule that there are none. A run in which
/// this program lagged fails all gates: nobody knows what they would have seen.
Verdict judge(const RunResult& run, const std::vector<Gate>& gates);

/// Scope usage: it can't be written.
Result<void> write_file(const std::string& path, const std::string& text);
/// Writes the files that were asked for. Scope usage: one can't be written.
Result<void> write_files(const OutputConfig& config, const RunResult& run);

}  // namespace hawser::profile
