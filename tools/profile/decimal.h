// Numbers in reports.
#pragma once

#include <cstdio>
#include <string>

namespace hawser::profile {

/// "12.340": so many digits behind the point.
inline std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

}  // namespace hawser::profile
