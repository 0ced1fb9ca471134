#include "tools/profile/gate.h"

#include <charconv>
#include <cstdio>
#include <optional>

#include "tools/common/parse.h"
#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !(value >= 0))
    return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

Result<Gate> Gate::parse(std::string_view text) {
  const std::size_t cut = text.find_first_of("<>");
  if (cut == std::string_view::npos) {
    return usage_error("\"" + std::string(text) + "\" compares nothing: write p99>1ms or errors>0");
  }
  Gate gate;
  gate.text_ = text;
  const bool with_equal = text.substr(cut + 1).starts_with('=');
  if (text[cut] == '>') {
    gate.comparison_ = with_equal ? Comparison::kNotBelow : Comparison::kOver;
  } else {
    gate.comparison_ = with_equal ? Comparison::kNotOver : Comparison::kBelow;
  }
  const auto read = gate.read_metric(trimmed(text.substr(0, cut))).and_then([&] {
    return gate.read_limit(trimmed(text.substr(cut + (with_equal ? 2 : 1))));
  });
  if (!read) return usage_error("\"" + std::string(text) + "\": " + read.error().detail);
  return gate;
}

Result<void> Gate::read_metric(std::string_view text) {
  // A point may be part of p99.9: only a name in front of it is a service.
  for (const std::string_view service : {kEchoName, kCryptoName, kCallName}) {
    if (!text.starts_with(service) || text.substr(service.size(), 1) != ".") continue;
    service_ = service;
    text.remove_prefix(service.size() + 1);
    break;
  }
  constexpr std::pair<std::string_view, Metric> kNames[] = {{"min", Metric::kMin},
                                                            {"mean", Metric::kMean},
                                                            {"max", Metric::kMax},
                                                            {"errors", Metric::kErrors},
                                                            {"throughput", Metric::kThroughput}};
  for (const auto& [name, metric] : kNames) {
    if (text != name) continue;
    metric_ = metric;
    return {};
  }
  const auto percent = text.starts_with('p') ? parse_number(text.substr(1)) : std::nullopt;
  if (percent && *percent > 0 && *percent < 100) {
    metric_ = Metric::kPercentile;
    percent_ = *percent;
    return {};
  }
  return usage_error("there are p50, p99.9 and the like, min, mean, max, errors and throughput");
}

Result<void> Gate::read_limit(std::string_view text) {
  if (is_latency()) {
    const auto duration = tools::parse_duration(text);
    if (!duration) return tl::unexpected<Error>(duration.error());
    limit_ = static_cast<double>(duration->count());
    return {};
  }
  if (metric_ == Metric::kErrors && text.ends_with('%')) {
    metric_ = Metric::kErrorShare;
    text.remove_suffix(1);
  }
  const auto number = parse_number(text);
  if (!number) return usage_error("\"" + std::string(text) + "\" is no number");
  limit_ = metric_ == Metric::kErrorShare ? *number / 100 : *number;
  return {};
}

double Gate::value_in(const RunResult& run, const RunResult::Part& part) const {
  const Histogram& latency = part.headline();
  switch (metric_) {
    case Metric::kPercentile:
      return static_cast<double>(latency.percentile(percent_).count());
    case Metric::kMin:
      return static_cast<double>(latency.min().count());
    case Metric::kMean:
      return static_cast<double>(latency.mean().count());
    case Metric::kMax:
      return static_cast<double>(latency.max().count());
    case Metric::kErrors:
      return static_cast<double>(part.load.failed());
    case Metric::kErrorShare:
      return part.load.calls() == 0
                 ? 0
                 : static_cast<double>(part.load.failed()) / static_cast<double>(part.load.calls());
    case Metric::kThroughput:
      break;
  }
  return throughput(run, part.load);
}

std::string Gate::show(double value) const {
  if (is_latency()) return tools::format_duration(Duration(static_cast<std::int64_t>(value)));
  char text[64];
  if (metric_ == Metric::kErrorShare) {
    std::snprintf(text, sizeof(text), "%.4g %%", value * 100);
  } else {
    std::snprintf(text, sizeof(text), "%.0f", value);
  }
  return text;
}

std::string Gate::judge(const RunResult& run) const {
  bool is_there = false;
  for (const RunResult::Part& part : run.parts) {
    if (!service_.empty() && part.name != service_) continue;
    is_there = true;
    if (std::string reason = judge(run, part); !reason.empty()) return reason;
  }
  return is_there ? std::string() : text_ + ": the run has no " + service_;
}

std::string Gate::judge(const RunResult& run, const RunResult::Part& part) const {
  const std::uint64_t samples = part.headline().count();
  if (is_latency() && samples == 0) return text_ + ": no call succeeded";
  if (metric_ == Metric::kPercentile && samples < samples_needed(percent_)) {
    return text_ + ": " + std::to_string(samples) + " calls don't support it, " +
           std::to_string(samples_needed(percent_)) + " would";
  }
  const double value = value_in(run, part);
  bool fails = false;
  switch (comparison_) {
    case Comparison::kOver:
      fails = value > limit_;
      break;
    case Comparison::kNotBelow:
      fails = value >= limit_;
      break;
    case Comparison::kBelow:
      fails = value < limit_;
      break;
    case Comparison::kNotOver:
      fails = value <= limit_;
      break;
  }
  if (!fails) return {};
  return text_ + ": it is " + show(value) + (run.parts.size() > 1 ? " with " + part.name : "");
}

}  // namespace hawser::profile
