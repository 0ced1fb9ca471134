
#include "tools/profile/comparison.h"
#include "tools/profile/decimal.h"
#include "tools/profile/figures.h"
#include "tools/profile/text_table.h"

namespace hawser::profile {
namespace {

using Row = TextRow;

std::string range_text(const std::optional<Range>& range, int digits) {
  if (!range) return {};
  return '[' + decimal(range->low, digits) + ", " + decimal(range->high, digits) + ']';
}

// The columns of one run.
void add_cells(const Compared& run, int digits, bool is_first, Row& row) {
  row.push_back(run.value ? decimal(*run.value, digits) : "-");
  row.push_back(run.is_supported ? range_text(run.range, digits) : "?");
  if (is_first) return;
  row.push_back(run.ratio ? decimal(*run.ratio, 3) : "-");
  row.push_back(range_text(run.ratio_range, 3) + (run.differs() ? " *" : ""));
}

Row header(const ComparedPart& part, std::size_t runs) {
  Row row = {part.title};
  for (std::size_t i = 0; i < runs; ++i) {
    row.insert(row.end(), {letter_of(i), ""});
    if (i > 0) row.insert(row.end(), {letter_of(i) + " / a", ""});
  }
  return row;
}

// The first column and ranges to the left, numbers to the right.
std::string table_of(const std::vector<Row>& rows) {
  return aligned(rows, [](std::size_t i, std::size_t) { return i % 2 == 0; });
}

bool is_all_supported(const Comparison& comparison) {
  for (const ComparedPart& part : comparison.parts) {
    for (const ComparedNumber& one : part.numbers) {
      if (std::any_of(one.runs.begin(), one.runs.end(), [](const auto& run) { return !run.is_supported; })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::string text_comparison(std::span<const NamedRun> runs, const Comparison& comparison) {
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunFacts& facts = runs[i].run.facts;
    text += letter_of(i) + "  " + runs[i].name + ": hawser-profile " + facts.version;
    if (!facts.command.empty()) text += ' ' + facts.command;
    text += '\n';
  }
  for (const ComparedPart& part : comparison.parts) {
    std::vector<Row> rows = {header(part, runs.size())};
    for (const ComparedNumber& one : part.numbers) {
      Row row = {one.name};
      for (std::size_t i = 0; i < one.runs.size(); ++i) add_cells(one.runs[i], one.digits, i == 0, row);
      rows.push_back(std::move(row));
    }
    text += '\n' + table_of(rows);
  }
  text += "\n[low, high] has the number with 95 % confidence; * differs from a by more than that\n";
  if (!is_all_supported(comparison)) text += "? rests on too few calls\n";
  for (const std::string& warning : comparison.warnings) text += "warning: " + warning + '\n';
  return text;
}

}  // namespace hawser::profile
