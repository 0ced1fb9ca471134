#include <algorithm>

#include "tools/profile/decimal.h"
#include "tools/profile/report.h"
#include "tools/profile/stock/report.h"
#include "tools/profile/text_table.h"

namespace hawser::profile {
namespace {

using Row = TextRow;

Row row_of(const StockRatio& ratio) {
  Row row = {ratio.metric->name};
  for (std::size_t server = 0; server < kServers; ++server) {
    const auto& value = ratio.values[server];
    row.push_back(value ? decimal(*value, ratio.metric->digits) : "-");
    if (value && !ratio.is_supported[server]) row.back() += '?';
  }
  row.push_back(ratio.ratio ? decimal(*ratio.ratio, 3) : "-");
  if (ratio.ratio && !ratio.is_sure()) row.back() += '?';
  row.push_back(ratio.range
                    ? '(' + decimal(ratio.range->least, 3) + " to " + decimal(ratio.range->greatest, 3) + ')'
                    : "");
  return row;
}

// The first column and the last one to the left, numbers to the right.
std::string table_of(const std::vector<Row>& rows) {
  return aligned(rows, [](std::size_t i, std::size_t columns) { return i == 0 || i + 1 == columns; });
}

std::string core_of(const std::optional<int>& core) {
  return core ? "on core " + std::to_string(*core) : std::string("on any core");
}

bool is_all_sure(const StockTables& tables) {
  for (const std::vector<StockRatio>& table : tables) {
    if (!std::all_of(table.begin(), table.end(), [](const StockRatio& row) { return row.is_sure(); })) {
      return false;
    }
  }
  return true;
}

void judge_sample(const StockSample& sample, const std::string& where, Verdict& verdict) {
  const LoadResult& load = sample.run.parts.front().load;
  if (load.failed() > 0 || load.of(grpc::StatusCode::kOk) == 0) {
    verdict.exit_code = kExitFailed;
    verdict.reasons.push_back(where + ": " + std::to_string(load.failed()) + " of " +
                              std::to_string(load.calls()) + " calls failed" +
                              (load.first_failure.empty() ? "" : ", the first with " + load.first_failure));
  }
  if (sample.run.is_lagging()) {
    verdict.exit_code = kExitFailed;
    verdict.reasons.push_back(where + ": " + lag_complaint(sample.run));
  }
}

}  // namespace

StockTables tables_of(const StockResult& result) {
  StockTables tables;
  for (const StockLoad& load : result.loads) tables.push_back(ratios_of(load));
  return tables;
}

std::string heading_of(const StockResult& result) {
  return result.names[kHawser] + " against " + result.names[kStock];
}

std::vector<std::string> method_of(const StockResult& result) {
  const std::size_t rounds = result.loads.front().rounds.size();
  const RunFacts& facts = result.loads.front().rounds.front()[kStock].run.facts;
  const std::string turns = rounds == 1 ? "1 round" : std::to_string(rounds) + " rounds in turn";
  return {turns + ", servers started anew for each, " + core_of(result.server_core),
          "Load on both by hawser-profile " + facts.version + ", " + core_of(result.load_core) + ": Echo, " +
              std::to_string(facts.payload_bytes) + " bytes of payload",
          "Latencies are from the send in a closed loop, from the intended time in an open one"};
}

std::vector<std::string> note_on_ratios(const StockResult& result) {
  const std::string numbers = "Numbers are of all rounds as one";
  if (result.loads.front().rounds.size() == 1) {
    return {numbers + "; one round says nothing of how much ratios vary"};
  }
  return {numbers,
          "Ratios are the median (least to greatest) of the rounds'; where a round alone has too few calls, "
          "those of the numbers"};
}

std::string text_stock(const StockResult& result, const StockTables& tables) {
  std::string text = heading_of(result) + '\n';
  for (const std::string& sentence : method_of(result)) text += sentence + ".\n";
  for (std::size_t i = 0; i < tables.size(); ++i) {
    std::vector<Row> rows = {{result.loads[i].title, "stock", "hawser", "hawser / stock", ""}};
    for (const StockRatio& ratio : tables[i]) rows.push_back(row_of(ratio));
    text += '\n' + table_of(rows);
  }
  text += '\n';
  for (const std::string& sentence : note_on_ratios(result)) text += sentence + ".\n";
  if (!is_all_sure(tables)) text += "? rests on too few calls\n";
  for (const std::string& warning : all_warnings(result)) text += "warning: " + warning + '\n';
  return text;
}

Verdict judge_stock(const StockResult& result, const StockTables& tables, std::span<const RatioGate> gates) {
  Verdict verdict;
  for (const StockLoad& load : result.loads) {
    for (std::size_t server = 0; server < kServers; ++server) {
      judge_sample(merged(load, server), result.names[server] + ", " + load.title, verdict);
    }
  }
  // What lagged or failed was not what is compared: nobody knows what the gates would have seen.
  if (verdict.exit_code != 0 && !gates.empty()) verdict.exit_code = kExitGate;
  for (const RatioGate& gate : gates) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      std::string reason = gate.judge(result.loads[i].title, tables[i]);
      if (reason.empty()) continue;
      verdict.reasons.push_back(std::move(reason));
      verdict.exit_code = kExitGate;
    }
  }
  return verdict;
}

}  // namespace hawser::profile
