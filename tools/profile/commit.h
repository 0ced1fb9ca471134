// The commit that this program was built from.
#pragma once

#include <string_view>

namespace hawser::profile {

/// As `git describe` names it, with "-dirty" when something was changed since; empty: not built from a clone.
extern const std::string_view kCommit;

}  // namespace hawser::profile
