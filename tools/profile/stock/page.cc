
#include "tools/profile/page.h"
#include "tools/profile/decimal.h"
#include "tools/profile/html_text.h"
#include "tools/profile/page_tables.h"
#include "tools/profile/stock/report.h"

namespace hawser::profile {
namespace {

// What has been made with escape_html(), or has no text from outside.
using Html = std::string;

Html cell(const std::optional<double>& value, int digits, bool is_sure) {
  if (!value) return "<td>&ndash;</td>";
  if (!is_sure) return "<td class=\"few\">" + decimal(*value, digits) + "?</td>";
  return "<td>" + decimal(*value, digits) + "</td>";
}

Html heading(const std::string& text) { return "<th>" + escape_html(text) + "</th>"; }

Html table(const Html& rows) { return "<div class=\"scroll\"><table>\n" + rows + "</table></div>\n"; }

Html paragraph(const std::vector<std::string>& sentences) {
  Html html;
  for (const std::string& sentence : sentences)
    html += (html.empty() ? "" : " ") + escape_html(sentence) + '.';
  return "<p class=\"note\">" + html + "</p>\n";
}

// The letter that other tables and the plots give the run of this server under this load.
std::string letter_of_run(std::size_t load, std::size_t server) {
  return letter_of(load * kServers + server);
}

Html ratio_cell(const StockRatio& row) {
  if (!row.ratio || !row.is_sure() || !row.range) return cell(row.ratio, 3, row.is_sure());
  return "<td><b>" + decimal(*row.ratio, 3) + "</b> <small>(" + decimal(row.range->least, 3) + " to " +
         decimal(row.range->greatest, 3) + ")</small></td>";
}

// Ratios alone, a line for each load.
Html glance(const StockResult& result, const StockTables& tables) {
  Html rows = "<tr>" + heading("hawser / stock");
  for (const StockMetric& metric : stock_metrics()) {
    const std::string name = metric.name;
    rows += heading(name.substr(0, name.find(',')));  // a ratio has no unit
  }
  rows += "</tr>\n";
  for (std::size_t load = 0; load < tables.size(); ++load) {
    rows += "<tr><td>" + escape_html(result.loads[load].title) + "</td>";
    for (const StockRatio& row : tables[load]) rows += cell(row.ratio, 2, row.is_sure());
    rows += "</tr>\n";
  }
  return table(rows);
}

Html ratio_table(const StockResult& result, const StockTables& tables, std::size_t load) {
  Html rows = "<tr>" + heading(result.loads[load].title) +
              heading(letter_of_run(load, kStock) + ": " + result.names[kStock]) +
              heading(letter_of_run(load, kHawser) + ": " + result.names[kHawser]) +
              heading("hawser / stock") + "</tr>\n";
  for (const StockRatio& row : tables[load]) {
    rows += "<tr><td>" + escape_html(row.metric->name) + "</td>";
    for (std::size_t server = 0; server < kServers; ++server) {
      rows += cell(row.values[server], row.metric->digits, row.is_supported[server]);
    }
    rows += ratio_cell(row) + "</tr>\n";
  }
  return table(rows);
}

// Calls a second and CPU time, round by round: a drift shows there.
Html round_table(const StockLoad& load) {
  Html head = "<tr>" + heading(load.title);
  for (std::size_t round = 1; round <= load.rounds.size(); ++round) {
    head += heading("round " + std::to_string(round));
  }
  Html rows = head + "</tr>\n";
  for (const StockMetric& metric : stock_metrics().first(2)) {
    for (std::size_t server = 0; server < kServers; ++server) {
      rows += "<tr><td>" + escape_html(std::string(server == kStock ? "stock, " : "hawser, ") + metric.name) +
              "</td>";
      for (const StockRound& round : load.rounds) {
        rows += cell(metric.value(round[server], metric.percent), metric.digits, true);
      }
      rows += "</tr>\n";
    }
  }
  return table(rows);
}

}  // namespace

std::string html_stock(const StockResult& result, const StockTables& tables) {
  std::vector<NamedRun> runs;
  Html top = paragraph(method_of(result)) + glance(result, tables);
  Html rounds;
  for (std::size_t load = 0; load < result.loads.size(); ++load) {
    for (std::size_t server = 0; server < kServers; ++server) {
      const std::string name = (server == kStock ? "stock, " : "hawser, ") + result.loads[load].title;
      runs.push_back({name, merged(result.loads[load], server).run});
    }
    top += ratio_table(result, tables, load);
    rounds += round_table(result.loads[load]);
  }
  top += paragraph(note_on_ratios(result)) + paragraph({"? rests on too few calls"});
  for (const std::string& warning : all_warnings(result)) top += paragraph({"Warning: " + warning});
  top += html_section("Each run", glance_table(runs)) + html_section("Round by round", rounds);
  return html_page(runs, "hawser-profile: " + heading_of(result), top);
}

}  // namespace hawser::profile
