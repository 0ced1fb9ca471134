#include "src/access/glob.h"

#include <cstddef>

namespace hawser::access {

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Only the last '*' is ever tried again, one byte longer: an earlier one that took less can't do better.
  std::size_t at = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_end = 0;  // in text: where the last '*' ends for now
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      after_star = ++at;
      star_end = i;
    } else if (at < pattern.size() && pattern[at] == text[i]) {
      ++at;
      ++i;
    } else if (after_star != std::string_view::npos) {
      at = after_star;
      i = ++star_end;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace hawser::access
