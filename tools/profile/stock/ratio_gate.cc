#include "tools/profile/stock/ratio_gate.h"

#include <charconv>
#include <cstdio>

namespace hawser::profile {
namespace {

constexpr std::string_view kRatio = ".ratio";

std::string names() {
  std::string text;
  for (const StockMetric& metric : stock_metrics()) {
    text.append(text.empty() ? "" : ", ").append(metric.gate).append(kRatio);
  }
  return text;
}

const StockMetric* find_metric(std::string_view text) {
  if (!text.ends_with(kRatio)) return nullptr;
  text.remove_suffix(kRatio.size());
  for (const StockMetric& metric : stock_metrics()) {
    if (text == metric.gate) return &metric;
  }
  return nullptr;
}

}  // namespace

Result<RatioGate> RatioGate::parse(std::string_view text) {
  const std::string quoted = '"' + std::string(text) + '"';
  const std::size_t cut = text.find_first_of("<>");
  if (cut == std::string_view::npos) {
    return usage_error(quoted + " compares nothing: write cpu.ratio>0.2");
  }
  RatioGate gate;
  gate.text_ = text;
  gate.is_over_ = text[cut] == '>';
  gate.with_equal_ = text.substr(cut + 1).starts_with('=');
  gate.metric_ = find_metric(text.substr(0, cut));
  if (gate.metric_ == nullptr) {
    return usage_error(quoted + ": beside a stock server conditions are about ratios: " + names());
  }
  const std::string_view limit = text.substr(cut + (gate.with_equal_ ? 2 : 1));
  const auto parsed =
      std::from_chars(limit.data(), limit.data() + limit.size(), gate.limit_, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != limit.data() + limit.size() || !(gate.limit_ >= 0)) {
    return usage_error(quoted + ": \"" + std::string(limit) + "\" is no number");
  }
  return gate;
}

bool RatioGate::holds(double ratio) const {
  if (with_equal_ && ratio == limit_) return true;
  return is_over_ ? ratio > limit_ : ratio < limit_;
}

std::string RatioGate::judge(const std::string& title, std::span<const StockRatio> table) const {
  for (const StockRatio& row : table) {
    if (row.metric != metric_) continue;
    if (!row.ratio) return text_ + ": it isn't known with " + title;
    if (!row.is_sure()) return text_ + ": too few calls support it with " + title;
    if (!holds(*row.ratio)) return {};
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%.3f", *row.ratio);
    return text_ + ": it is " + ratio + " with " + title;
  }
  return text_ + ": it isn't known with " + title;
}

}  // namespace hawser::profile
