// Makes the rounds of hawser-profile stock.
#pragma once

#include <functional>
#include <string>

#include "hawser/base/result.h"
#include "tools/profile/stock/config.h"
#include "tools/profile/stock/result.h"

namespace hawser::profile {

/// Makes one run; its config has target and server process.
using MeasureOnce = std::function<Result<RunResult>(const LoadConfig& load)>;

/// Each load is measured in rounds, in each of which each server is started, loaded and ended: what else the
/// machine does hits neighbours alike, and starts that went well or badly are part of the spread. `on_step`
/// hears for people what is about to be measured. Pins this thread; ends with the first error.
Result<StockResult> measure_in_turns(const StockConfig& config, const MeasureOnce& measure,
                                     const std::function<void(const std::string&)>& on_step);

}  // namespace hawser::profile
