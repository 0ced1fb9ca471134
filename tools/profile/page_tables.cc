#include "tools/profile/page_tables.h"

#include <ctime>
#include <iterator>
#include <string_view>
#include <utility>

#include "tools/common/parse.h"
#include "tools/profile/decimal.h"
#include "tools/profile/figures.h"
#include "tools/profile/html_text.h"

namespace hawser::profile {
namespace {

// What has been made with escape_html(), or has no text from outside.
using Html = std::string;

Html cell(const Html& content, const char* kind = "") {
  const Html attribute = *kind == '\0' ? "" : " class=\"" + Html(kind) + '"';
  return "<td" + attribute + '>' + content + "</td>";
}

Html heading(std::string_view text) { return "<th>" + escape_html(text) + "</th>"; }

Html table(const Html& rows, const char* kind = "") {
  const Html attribute = *kind == '\0' ? "" : " class=\"" + Html(kind) + '"';
  return "<div class=\"scroll\"><table" + attribute + ">\n" + rows + "</table></div>\n";
}

Html row(const Html& cells) { return "<tr>" + cells + "</tr>\n"; }

// The colour that page.js gives this line of the plots (COLORS of charts.js): services are numbered through.
Html swatch(std::size_t line) {
  static constexpr const char* kColors[] = {"#1f6feb", "#d1480f", "#1a7f37", "#8250df",
                                            "#b0861a", "#bf3989", "#0b7285", "#57606a"};
  return Html("<span class=\"swatch\" style=\"background:") + kColors[line % std::size(kColors)] +
         "\"></span>";
}

struct Line {
  std::size_t number;  // among all of the page
  std::size_t run;
  const RunResult::Part& part;
};

std::vector<Line> lines_of(std::span<const NamedRun> runs) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const RunResult::Part& part : runs[i].run.parts) lines.push_back({lines.size(), i, part});
  }
  return lines;
}

Html name_of(std::span<const NamedRun> runs, const Line& line) {
  const Html letter = runs.size() > 1 ? "<b>" + letter_of(line.run) + "</b> " : Html();
  return swatch(line.number) + letter + escape_html(title(line.part));
}

Html figure_cells(const Histogram& histogram) {
  Html cells;
  for (const Figure& figure : figures()) {
    const bool is_few = figure.percent >= 0 && histogram.count() < samples_needed(figure.percent);
    const Html value = decimal(microseconds(figure.value(histogram)), 1);
    cells += is_few ? cell(value + '?', "few") : cell(value);
  }
  return cells;
}

Html figure_headings() {
  Html cells;
  for (const Figure& figure : figures()) cells += heading(figure.name);
  return cells;
}

bool has_few(std::span<const NamedRun> runs) {
  for (const Line& line : lines_of(runs)) {
    for (const Figure& figure : figures()) {
      if (figure.percent >= 0 && line.part.headline().count() < samples_needed(figure.percent)) return true;
    }
  }
  return false;
}

Html lag_cell(const RunResult& run, const RunResult::Part& part) {
  if (!part.is_open) return cell("closed loop");
  if (part.is_lagging(run.facts.lag_limit)) return cell("lagged", "bad");
  return cell("kept up", "good");
}

Html glance_row(std::span<const NamedRun> runs, const Line& line) {
  const RunResult& run = runs[line.run].run;
  const RunResult::Part& part = line.part;
  Html cells = cell(name_of(runs, line)) + cell(decimal(throughput(run, part.load), 0));
  cells += figure_cells(part.headline());
  cells += cell(std::to_string(part.load.failed()), part.load.failed() == 0 ? "good" : "bad");
  cells += cell(decimal(cpu_a_call(run), 2));
  cells += cell(run.server ? decimal(server_cpu_a_call(run), 2) : "&ndash;");
  return row(cells + lag_cell(run, part));
}

Html range_html(const std::optional<Range>& range, int digits) {
  if (!range) return {};
  return " <small>[" + decimal(range->low, digits) + ", " + decimal(range->high, digits) + "]</small>";
}

Html compared_cells(const Compared& run, int digits, bool is_first) {
  Html cells =
      run.value
          ? cell(decimal(*run.value, digits) + (run.is_supported ? "" : "?") + range_html(run.range, digits),
                 run.is_supported ? "" : "few")
          : cell("&ndash;");
  if (is_first) return cells;
  if (!run.ratio) return cells + cell("&ndash;");
  const Html ratio = decimal(*run.ratio, 3) + range_html(run.ratio_range, 3);
  return cells + cell(run.differs() ? "<b>" + ratio + " *</b>" : ratio);
}

std::string statuses(const LoadResult& load) {
  std::string text;
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    if (load.by_status[code] == 0) continue;
    text.append(text.empty() ? "" : ", ").append(to_string(static_cast<grpc::StatusCode>(code))).append(" ");
    text += std::to_string(load.by_status[code]);
  }
  return text;
}

std::string when(double epoch_s) {
  const auto whole = static_cast<std::time_t>(epoch_s);
  std::tm time{};
  char text[64] = "";
  if (::gmtime_r(&whole, &time) != nullptr) std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &time);
  return text;
}

std::string load_of(const RunResult& run, const RunResult::Part& part) {
  std::string text =
      title(part) + " (" + part.method + "), " + std::to_string(part.width.connections) + " connection(s)";
  text += part.is_open ? ", " + run.facts.arrivals + " arrivals " + run.facts.schedule
                       : " x " + std::to_string(part.width.concurrency) + " in flight";
  return text + ": " + statuses(part.load);
}

std::string payload_of(const RunResult& run) {
  std::string text = payload_text(run.facts);
  if (run.facts.payload_sizes.empty()) return text;
  for (const RunResult::Part& part : run.parts) {
    text += ", " + title(part) + ' ' + decimal(mean_payload(part.load), 1) + " on average";
  }
  return text;
}

std::string noise_of(const MachineNoise& noise) {
  return "wakes a sleeper late by p50 " + tools::format_duration(noise.hiccups.percentile(50)) + ", p99 " +
         tools::format_duration(noise.hiccups.percentile(99)) + ", max " +
         tools::format_duration(noise.hiccups.max()) + "; clock steps " +
         tools::format_duration(noise.clock_resolution);
}

// Names and texts, in the order in which they are shown; the same names for each run.
std::vector<std::pair<const char*, std::string>> facts_of(const NamedRun& named) {
  const RunResult& run = named.run;
  const RunFacts& facts = run.facts;
  std::string loads;
  std::string failures;
  std::string stages;
  for (const RunResult::Part& part : run.parts) {
    loads.append(loads.empty() ? "" : "; ").append(load_of(run, part));
    if (const std::string note = timing_note(run, part); !note.empty()) {
      stages.append(stages.empty() ? "" : "; ").append(note);
    }
    if (part.load.first_failure.empty()) continue;
    failures.append(failures.empty() ? "" : "; ").append(part.load.first_failure);
  }
  return {{"target", facts.target},
          {"load", loads},
          {"failed with", failures},
          {"stages", stages},
          {"flags", facts.command},
          {"payload", payload_of(run)},
          {"began", when(facts.began_at_s)},
          {"lasted", tools::format_duration(run.elapsed)},
          {"threads", std::to_string(facts.threads)},
          {"version", "hawser-profile " + facts.version},
          {"built from", facts.commit},
          {"processor", facts.processor + ", " + std::to_string(facts.processors) + " to run on"},
          {"kernel", facts.kernel},
          {"machine", noise_of(run.noise)}};
}

}  // namespace

std::string glance_table(std::span<const NamedRun> runs) {
  Html rows = row(heading("service") + heading("calls/s") + figure_headings() + heading("errors") +
                  heading("client CPU") + heading("server CPU") + heading("generator"));
  for (const Line& line : lines_of(runs)) rows += glance_row(runs, line);
  Html note = "Latencies, and the processor time of a call, in microseconds.";
  if (has_few(runs)) note += " ? rests on too few calls: p99 needs 10,000, p99.9 100,000.";
  return table(rows, "glance") + "<p class=\"note\">" + note + "</p>\n";
}

std::string comparison_table(std::span<const NamedRun> runs, const Comparison& comparison) {
  Html html;
  for (const ComparedPart& part : comparison.parts) {
    Html cells = heading(part.title);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      cells += heading(letter_of(i));
      if (i > 0) cells += heading(letter_of(i) + " / a");
    }
    Html rows = row(cells);
    for (const ComparedNumber& one : part.numbers) {
      cells = cell(escape_html(one.name));
      for (std::size_t i = 0; i < one.runs.size(); ++i) {
        cells += compared_cells(one.runs[i], one.digits, i == 0);
      }
      rows += row(cells);
    }
    html += table(rows);
  }
  html +=
      "<p class=\"note\">[low, high] has the number with 95 % confidence, as far as one run can tell; "
      "* differs from a by more than that.</p>\n";
  for (const std::string& warning : comparison.warnings) {
    html += "<p class=\"note\">Warning: " + escape_html(warning) + ".</p>\n";
  }
  return html;
}

std::string latency_tables(std::span<const NamedRun> runs) {
  Html html;
  for (const Line& line : lines_of(runs)) {
    Html rows = row("<th>" + name_of(runs, line) + "</th>" + heading("calls") + figure_headings());
    for (const Measure& measure : measures()) {
      const Histogram& histogram = line.part.load.*measure.histogram;
      if (histogram.count() == 0) continue;
      rows += row(cell(escape_html(measure.name)) + cell(std::to_string(histogram.count())) +
                  figure_cells(histogram));
    }
    html += table(rows);
  }
  return html +
         "<p class=\"note\">In microseconds. Client queue, server queue, handler, reply write and wire are "
         "the "
         "round trip's stages; server is those three of them that the server tells.</p>\n";
}

std::string facts_table(std::span<const NamedRun> runs) {
  std::vector<Html> rows;
  std::vector<bool> is_filled;
  Html first = "<th></th>";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    first += heading(letter_of(i));
    const auto facts = facts_of(runs[i]);
    rows.resize(facts.size());
    is_filled.resize(facts.size());
    for (std::size_t k = 0; k < facts.size(); ++k) {
      if (i == 0) rows[k] = heading(facts[k].first);
      rows[k] += cell(escape_html(facts[k].second));
      if (!facts[k].second.empty()) is_filled[k] = true;
    }
  }
  Html all = runs.size() > 1 ? row(first) : Html();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (is_filled[k]) all += row(rows[k]);
  }
  return table(all, "facts");
}

}  // namespace hawser::profile
