// Which cores a measurement runs on: a server and its load disturb each other least on a core each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hawser/base/result.h"

namespace hawser::profile {

/// What is wanted of a core: a number, the default, or "any".
struct CoreWish {
  enum class Kind { kDefault, kCore, kAny };

  Kind kind = Kind::kDefault;
  int core = 0;  ///< Of kCore.

  /// "3" or "any". Scope usage.
  static Result<CoreWish> parse(const std::string& text);
};

struct Cores {
  // None: wherever the system likes.
  std::optional<int> server;
  std::optional<int> load;
  std::vector<std::string> warnings;  ///< For people, of what the numbers suffer from.
};

/// By default the server gets the first of the `usable` cores (in order), the load the last one. Scope usage:
/// a core is wanted that isn't usable; scope io: nobody knows which are.
Result<Cores> choose_cores(const std::vector<int>& usable, const CoreWish& server, const CoreWish& load);

/// The cores that this thread may run on, in order. Empty: the system doesn't say.
std::vector<int> usable_cores();

/// This thread, and those that it starts from now on, run on that core only.
Result<void> pin_this_thread(int core);

}  // namespace hawser::profile
