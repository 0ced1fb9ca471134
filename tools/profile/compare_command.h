// hawser-profile --compare: reads runs that --json wrote, and shows them beside each other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "tools/common/flags.h"

namespace hawser::profile {

struct CompareConfig {
  std::vector<std::string> files;
  std::string html_file;  ///< Empty: none.
};

/// The command line is one of --compare, right or wrong.
bool is_comparison(std::span<const char* const> args);
Result<tools::Flags> parse_compare_flags(std::span<const char* const> args);
Result<CompareConfig> read_compare_config(const tools::Flags& flags);

/// The text for standard output. Scope usage: a file can't be read or written, or is no run, or the runs have
/// nothing in common.
Result<std::string> compare_files(const CompareConfig& config);

}  // namespace hawser::profile
