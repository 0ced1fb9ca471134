// Tables of reports as text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace hawser::profile {

using TextRow = std::vector<std::string>;

/// Columns as wide as their widest cell; all rows have as many. `is_left(i, columns)` says which columns
/// stand to the left, behind one blank; others are numbers, to the right, behind three.
template <typename IsLeft>
std::string aligned(const std::vector<TextRow>& rows, IsLeft is_left) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const TextRow& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const TextRow& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      const bool left = is_left(i, row.size());
      line += (i == 0 ? "" : left ? " " : "   ") + (left ? row[i] + blanks : blanks + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace hawser::profile
