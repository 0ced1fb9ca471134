#include "tools/profile/schedule.h"

#include <charconv>
#include <cmath>
#include <numeric>

#include "tools/common/parse.h"

namespace hawser::profile {
namespace {

constexpr double kHighestRate = 1e8;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Result<Phase> parse_phase(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return usage_error("\"" + std::string(text) + "\" is no phase: write RATE:TIME or RATE..RATE:TIME");
  }
  const std::string_view rates = text.substr(0, colon);
  const std::size_t dots = rates.find("..");
  const auto from = parse_rate(rates.substr(0, dots), 0);
  if (!from) return tl::unexpected<Error>(from.error());
  const auto to = dots == std::string_view::npos ? from : parse_rate(rates.substr(dots + 2), 0);
  if (!to) return tl::unexpected<Error>(to.error());
  const auto length = tools::parse_duration(text.substr(colon + 1));
  if (!length) return tl::unexpected<Error>(length.error());
  if (*length <= Duration{}) return usage_error("\"" + std::string(text) + "\" takes no time");
  return Phase{*from, *to, *length};
}

// The shortest text that is the number.
std::string number_text(double number) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed).ptr;
  return {text, end};
}

std::string length_text(Duration length) {
  for (const auto& [unit, name] : {std::pair(Duration(std::chrono::seconds(1)), "s"),
                                   std::pair(Duration(std::chrono::milliseconds(1)), "ms"),
                                   std::pair(Duration(std::chrono::microseconds(1)), "us")}) {
    if (length % unit == Duration{}) return std::to_string(length / unit) + name;
  }
  return std::to_string(length.count()) + "ns";
}

}  // namespace

double Phase::calls() const { return (from + to) / 2 * in_seconds(length); }

Result<double> parse_rate(std::string_view text, double least) {
  double rate = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), rate, std::chars_format::fixed);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!is_number || !std::isfinite(rate) || rate < least || rate < 0 || rate > kHighestRate) {
    return usage_error("\"" + std::string(text) + "\" is no number of calls a second up to 100000000");
  }
  return rate;
}

Result<Schedule> Schedule::parse(std::string_view text) {
  std::vector<Phase> phases;
  for (std::string_view rest = text; !rest.empty() || phases.empty();) {
    const std::size_t comma = rest.find(',');
    const auto phase = parse_phase(rest.substr(0, comma));
    if (!phase) return tl::unexpected<Error>(phase.error());
    phases.push_back(*phase);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    if (rest.empty()) return usage_error("a phase is missing after the last comma");
  }
  Schedule schedule(std::move(phases));
  if (schedule.calls() < 1) return usage_error("\"" + std::string(text) + "\" has no call in it");
  return schedule;
}

Duration Schedule::length() const {
  return std::accumulate(phases_.begin(), phases_.end(), Duration{},
                         [](Duration sum, const Phase& phase) { return sum + phase.length; });
}

double Schedule::calls() const {
  return std::accumulate(phases_.begin(), phases_.end(), 0.0,
                         [](double sum, const Phase& phase) { return sum + phase.calls(); });
}

Schedule Schedule::after_warmup(Duration warmup) const {
  if (phases_.empty() || warmup <= Duration{}) return *this;
  std::vector<Phase> phases = {{phases_.front().from, phases_.front().from, warmup}};
  phases.insert(phases.end(), phases_.begin(), phases_.end());
  return Schedule(std::move(phases));
}

std::string Schedule::text() const {
  std::string text;
  for (const Phase& phase : phases_) {
    if (!text.empty()) text += ',';
    text += number_text(phase.from);
    if (phase.to != phase.from) text.append("..").append(number_text(phase.to));
    text.append(":").append(length_text(phase.length));
  }
  return text;
}

std::optional<Duration> ScheduleWalk::time_of(double position) {
  const std::vector<Phase>& phases = schedule_.phases();
  while (phase_ < phases.size() && position - calls_before_ >= phases[phase_].calls()) {
    calls_before_ += phases[phase_].calls();
    time_before_ += phases[phase_].length;
    ++phase_;
  }
  if (phase_ == phases.size()) return std::nullopt;
  // calls = from * t + (to - from) / (2 * length) * t^2, solved for t without a difference of large numbers.
  const Phase& phase = phases[phase_];
  const double calls = position - calls_before_;
  const double slope = (phase.to - phase.from) / (2 * in_seconds(phase.length));
  const double root = std::sqrt(std::max(0.0, phase.from * phase.from + 4 * slope * calls));
  const double time = phase.from + root > 0 ? 2 * calls / (phase.from + root) : 0;
  return time_before_ + std::min(Duration(std::llround(time * 1e9)), phase.length);
}

}  // namespace hawser::profile
