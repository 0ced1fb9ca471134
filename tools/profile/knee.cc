#include "tools/profile/knee.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "tools/common/parse.h"
#include "tools/profile/figures.h"
#include "tools/profile/json_writer.h"

namespace hawser::profile {
namespace {

const char* name_of(KneeStep::Outcome outcome) {
  switch (outcome) {
    case KneeStep::Outcome::kKept:
      return "kept";
    case KneeStep::Outcome::kBroken:
      return "broken";
    case KneeStep::Outcome::kLagged:
      break;
  }
  return "lagged";
}

std::string rate_text(double rate) {
  char text[64];
  std::snprintf(text, sizeof(text), rate < 100 ? "%.1f" : "%.0f", rate);
  return text;
}

}  // namespace

Result<LatencyBound> LatencyBound::parse(std::string_view text) {
  LatencyBound bound;
  bound.text_ = text;
  const std::size_t cut = text.find('<');
  if (cut == std::string_view::npos) {
    return usage_error("\"" + std::string(text) + "\" is no bound: write p99<1ms or max<10ms");
  }
  bound.with_equal_ = text.substr(cut + 1).starts_with('=');
  const std::string_view metric = text.substr(0, cut);
  if (metric != "max") {
    const char* const end = metric.data() + metric.size();
    const auto parsed =
        metric.starts_with('p')
            ? std::from_chars(metric.data() + 1, end, bound.percent_, std::chars_format::fixed)
            : std::from_chars_result{metric.data(), std::errc::invalid_argument};
    if (parsed.ec != std::errc() || parsed.ptr != end || !(bound.percent_ > 0 && bound.percent_ < 100)) {
      return usage_error("\"" + std::string(metric) + "\" is neither a percentile (p99) nor max");
    }
  }
  const auto limit = tools::parse_duration(text.substr(cut + (bound.with_equal_ ? 2 : 1)));
  if (!limit) return tl::unexpected<Error>(limit.error());
  bound.limit_ = *limit;
  return bound;
}

bool LatencyBound::is_kept(const Histogram& latency) const {
  const Duration value = latency.percentile(percent_);
  return with_equal_ ? value <= limit_ : value < limit_;
}

Duration LatencyBound::needed_time(double rate) const {
  // A little more, so that random arrivals are enough, too.
  const double calls = 1.1 * static_cast<double>(samples_needed(percent_));
  return Duration(std::llround(std::min(calls / rate, 1e9) * 1e9));
}

KneeStep judge_step(double rate, const LatencyBound& bound, const RunResult& run) {
  KneeStep step{.rate = rate};
  const RunResult::Part& part = run.parts.front();
  const Histogram& latency = part.headline();
  step.value = latency.percentile(bound.percent());
  if (part.load.failed() > 0) {
    step.reason = std::to_string(part.load.failed()) + " calls failed: " + part.load.first_failure;
  } else if (latency.count() < samples_needed(bound.percent())) {
    step.reason = std::to_string(latency.count()) + " calls don't support the percentile";
  } else if (bound.is_kept(latency)) {
    step.outcome = KneeStep::Outcome::kKept;
  } else {
    step.reason = "it was " + tools::format_duration(step.value);
  }
  // What was kept in spite of the lag was kept; otherwise it isn't known whose fault it was.
  if (step.outcome == KneeStep::Outcome::kBroken && run.is_lagging()) {
    step.outcome = KneeStep::Outcome::kLagged;
    step.reason += "; this program lagged";
  }
  return step;
}

Result<Knee> find_knee(const KneeSearch& search, const std::function<Result<KneeStep>(double)>& try_rate) {
  Knee knee;
  double kept = 0;
  double broken = 0;
  for (double rate = search.start_rate;;) {
    auto step = try_rate(rate);
    if (!step) return tl::unexpected<Error>(std::move(step.error()));
    const KneeStep::Outcome outcome = step->outcome;
    knee.steps.push_back(std::move(*step));
    if (outcome == KneeStep::Outcome::kKept) {
      kept = rate;
    } else {
      broken = rate;
      knee.is_limited_by_generator = outcome == KneeStep::Outcome::kLagged;
    }
    if (kept >= search.highest_rate) break;
    // Nothing kept yet: downwards, too, but not for ever.
    if (kept == 0 && rate <= search.start_rate / 64) break;
    if (broken == 0) {
      rate = std::min(rate * 2, search.highest_rate);
    } else if (kept == 0) {
      rate /= 2;
    } else if (broken - kept <= search.precision * kept) {
      break;
    } else {
      rate = (kept + broken) / 2;
    }
  }
  knee.rate = kept;
  return knee;
}

std::string text_knee(const LatencyBound& bound, const Knee& knee) {
  std::string text = "      rate  " + bound.text() + '\n';
  for (const KneeStep& step : knee.steps) {
    char rate[32];
    std::snprintf(rate, sizeof(rate), "%10s  ", rate_text(step.rate).c_str());
    text.append(rate).append(name_of(step.outcome)).append(", ");
    text += step.reason.empty() ? "it was " + tools::format_duration(step.value) : step.reason;
    text += '\n';
  }
  if (knee.rate == 0) return text + "knee        none: no rate that was tried keeps " + bound.text() + '\n';
  text += "knee        " + rate_text(knee.rate) + " calls/s keep " + bound.text();
  if (knee.is_limited_by_generator) text += "; beyond it this program lagged, the server may do more";
  return text + '\n';
}

std::string json_knee(const LatencyBound& bound, const Knee& knee) {
  JsonWriter json;
  json.open_object();
  json.text("bound", bound.text());
  json.number("knee_per_s", knee.rate, 3);
  json.flag("limited_by_generator", knee.is_limited_by_generator);
  json.open_list("steps");
  for (const KneeStep& step : knee.steps) {
    json.open_object();
    json.number("rate_per_s", step.rate, 3);
    json.text("outcome", name_of(step.outcome));
    json.number("value_us", microseconds(step.value), 3);
    if (!step.reason.empty()) json.text("reason", step.reason);
    json.close_object();
  }
  json.close_list();
  json.close_object();
  return json.str() + '\n';
}

}  // namespace hawser::profile
