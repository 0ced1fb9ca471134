// Runs beside each other: their numbers, the ratios to the first run, and how certain those are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "tools/profile/bootstrap.h"
#include "tools/profile/result.h"

namespace hawser::profile {

struct NamedRun {
  std::string name;  ///< The file that it is from.
  RunResult run;
};

/// A number of one run.
struct Compared {
  std::optional<double> value;  ///< None: the run doesn't have it.
  std::optional<Range> range;   ///< None: too little is known for one, or the number is no sample's.
  std::optional<double> ratio;  ///< To the first run's; none in the first.
  std::optional<Range> ratio_range;
  bool is_supported = true;  ///< False: a percentile with too few calls.

  /// The ratio's range is known, and says that the runs differ.
  bool differs() const { return ratio_range && !ratio_range->has(1); }
};

struct ComparedNumber {
  std::string name;  ///< "p99, us"
  int digits = 1;    ///< After the point, for people.
  std::vector<Compared> runs;
};

/// One service of all runs.
struct ComparedPart {
  std::string title;
  std::vector<ComparedNumber> numbers;
};

struct Comparison {
  std::vector<ComparedPart> parts;  ///< In the order of the first run that has them.
  std::vector<std::string> warnings;
};

/// Scope usage: no service is in two of the runs. Two runs at least.
Result<Comparison> compare(std::span<const NamedRun> runs);

/// As tables.
std::string text_comparison(std::span<const NamedRun> runs, const Comparison& comparison);

/// A letter for people to say instead of a file's name: "a".
std::string letter_of(std::size_t run);

}  // namespace hawser::profile
