// What hawser-profile stock says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/profile/outcome.h"
#include "tools/profile/stock/ratio_gate.h"
#include "tools/profile/stock/ratios.h"
#include "tools/profile/stock/result.h"

namespace hawser::profile {

/// Of each load of a result, in their order.
using StockTables = std::vector<std::vector<StockRatio>>;
StockTables tables_of(const StockResult& result);

// Sentences for people.
std::string heading_of(const StockResult& result);
std::vector<std::string> method_of(const StockResult& result);
std::vector<std::string> note_on_ratios(const StockResult& result);

std::string text_stock(const StockResult& result, const StockTables& tables);
/// One object in one line. Ratios are hawser's to stock's; each round's samples are there, too, and the
/// latencies of all rounds as one in "hdr", as result_json.h has it.
std::string json_stock(const StockResult& result, const StockTables& tables);
/// The page of a comparison (page.h) with a run for each server and load, and the ratios in front.
std::string html_stock(const StockResult& result, const StockTables& tables);

/// Exit code 1: a call failed, or the load's program lagged; 3: a gate.
Verdict judge_stock(const StockResult& result, const StockTables& tables, std::span<const RatioGate> gates);

}  // namespace hawser::profile
