#include "tools/profile/comparison.h"

#include <algorithm>
#include <string_view>

#include "tools/profile/figures.h"

namespace hawser::profile {
namespace {

// The part of each run; null where it has none.
using Parts = std::vector<const RunResult::Part*>;

const RunResult::Part* find_part(const RunResult& run, const std::string& name) {
  for (const RunResult::Part& part : run.parts) {
    if (title(part) == name) return &part;
  }
  return nullptr;
}

std::vector<double> percents() {
  std::vector<double> all;
  for (const Figure& figure : figures()) {
    if (figure.percent >= 0) all.push_back(figure.percent);
  }
  return all;
}

double error_share(const LoadResult& load) {
  return load.calls() == 0 ? 0 : 100 * static_cast<double>(load.failed()) / static_cast<double>(load.calls());
}

class PartComparer final {
 public:
  PartComparer(std::span<const NamedRun> runs, const std::string& name) {
    part_.title = name;
    const std::vector<double> wanted = percents();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const RunResult& run = runs[i].run;
      const RunResult::Part* part = find_part(run, name);
      runs_.push_back(&run);
      parts_.push_back(part);
      draws_.emplace_back();
      if (part != nullptr)
        draws_[i] = draw_runs(slices(part->load.timeline, run.elapsed), wanted, /*seed=*/i + 1);
    }
  }

  ComparedPart compare() {
    add(
        "calls/s", 0, [](const RunResult& run, const auto& part) { return throughput(run, part.load); },
        [](const Draws& draws) { return &draws.rate; });
    add(
        "errors, %", 3, [](const RunResult&, const auto& part) { return error_share(part.load); }, no_draws);
    add_latencies();
    add_stages();
    add_costs();
    return std::move(part_);
  }

 private:
  static const std::vector<double>* no_draws(const Draws&) { return nullptr; }

  void add_latencies() {
    std::size_t percentile = 0;
    for (const Figure& figure : figures()) {
      const std::string name = std::string(figure.name) + ", us";
      const auto value = [&](const RunResult&, const RunResult::Part& part) {
        return microseconds(figure.value(part.headline()));
      };
      if (figure.percent >= 0) {
        add(name, 1, value, [&](const Draws& draws) { return &draws.percentiles[percentile]; });
        check_support(figure.percent, [](const RunResult::Part& part) { return part.headline().count(); });
        ++percentile;
      } else if (figure.name == std::string_view("mean")) {
        add(name, 1, value, [](const Draws& draws) { return &draws.mean; });
      } else {
        add(name, 1, value, no_draws);  // of extremes nothing can be drawn
      }
    }
  }

  // Where a difference comes from, if a server told. The timeline knows nothing of stages: no ranges.
  void add_stages() {
    const auto is_told = [](const RunResult::Part* part) {
      return part != nullptr && part->load.handler.count() > 0;
    };
    if (std::none_of(parts_.begin(), parts_.end(), is_told)) return;
    for (const Measure& measure : measures()) {
      if (!measure.is_stage) continue;
      for (const double percent : {50.0, 99.0}) add_stage(measure, percent);
    }
  }

  void add_stage(const Measure& measure, double percent) {
    std::string_view stage = measure.name;
    stage.remove_prefix(stage.find_first_not_of(' '));
    const std::string name = std::string(stage) + (percent < 99 ? " p50, us" : " p99, us");
    const auto value = [&](const RunResult&, const RunResult::Part& part) -> std::optional<double> {
      // Without the server's word, its stages are part of the wire.
      if (part.load.handler.count() == 0) return std::nullopt;
      return microseconds((part.load.*measure.histogram).percentile(percent));
    };
    add(name, 1, value, no_draws);
    check_support(percent, [&](const RunResult::Part& part) { return part.load.handler.count(); });
  }

  void add_costs() {
    using Cost = std::optional<double>;
    add(
        "client CPU, us", 2, [](const RunResult& run, const auto&) { return cpu_a_call(run); }, no_draws);
    if (std::none_of(runs_.begin(), runs_.end(),
                     [](const RunResult* run) { return run->server.has_value(); })) {
      return;
    }
    add(
        "server CPU, us", 2,
        [](const RunResult& run, const auto&) { return run.server ? Cost(server_cpu_a_call(run)) : Cost(); },
        no_draws);
  }

  // `value` of a run and a part; `draws` picks those of the number, or null. They are relative to it.
  template <class GetValue, class GetDraws>
  void add(std::string name, int digits, const GetValue& value, const GetDraws& draws) {
    ComparedNumber number{std::move(name), digits, std::vector<Compared>(runs_.size())};
    std::vector<std::vector<double>> drawn(runs_.size());
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (parts_[i] == nullptr) continue;
      Compared& run = number.runs[i];
      run.value = value(*runs_[i], *parts_[i]);
      const std::vector<double>* shares = draws_[i] ? draws(*draws_[i]) : nullptr;
      if (shares != nullptr && run.value) {
        for (const double share : *shares) drawn[i].push_back(share * *run.value);
        run.range = range_of(drawn[i], *run.value);
      }
      const Compared& first = number.runs[0];
      if (i == 0 || !run.value || !first.value || *first.value <= 0) continue;
      run.ratio = *run.value / *first.value;
      run.ratio_range = range_of_ratio(drawn[i], drawn[0], *run.ratio);
    }
    part_.numbers.push_back(std::move(number));
  }

  // `samples` of a part.
  template <class GetSamples>
  void check_support(double percent, const GetSamples& samples) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      Compared& run = part_.numbers.back().runs[i];
      if (!run.value) continue;
      run.is_supported = samples(*parts_[i]) >= samples_needed(percent);
      if (!run.is_supported) run.range.reset();
      if (!run.is_supported || !part_.numbers.back().runs[0].is_supported) run.ratio_range.reset();
    }
  }

  std::vector<const RunResult*> runs_;
  Parts parts_;
  std::vector<std::optional<Draws>> draws_;
  ComparedPart part_;
};

void add_warnings(std::span<const NamedRun> runs, std::vector<std::string>& warnings) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunResult& run = runs[i].run;
    const RunResult& first = runs[0].run;
    if (run.is_lagging()) warnings.push_back(letter_of(i) + " lagged: its numbers are of the generator, too");
    for (const RunResult::Part& part : run.parts) {
      const RunResult::Part* other = find_part(first, title(part));
      if (other == nullptr || other->is_open == part.is_open) continue;
      warnings.push_back(title(part) + " is an open loop in one of a and " + letter_of(i) +
                         ", and a closed one in the other: their latencies begin at different times");
    }
    if (run.facts.processor != first.facts.processor || run.facts.kernel != first.facts.kernel) {
      warnings.push_back(letter_of(i) + " ran on another machine or kernel than a");
    }
  }
}

std::string names(const RunResult& run) {
  std::string text;
  for (const RunResult::Part& part : run.parts) text.append(text.empty() ? "" : " and ").append(title(part));
  return text;
}

}  // namespace

std::string letter_of(std::size_t run) {
  const auto letter = static_cast<char>('a' + run % 26);
  return run < 26 ? std::string(1, letter) : letter + std::to_string(run / 26);
}

Result<Comparison> compare(std::span<const NamedRun> runs) {
  std::vector<std::string> titles;
  for (const NamedRun& named : runs) {
    for (const RunResult::Part& part : named.run.parts) {
      const std::string name = title(part);
      if (std::find(titles.begin(), titles.end(), name) == titles.end()) titles.push_back(name);
    }
  }
  const auto in_first = [&](const std::string& name) { return find_part(runs[0].run, name) != nullptr; };
  for (const NamedRun& named : runs.subspan(1)) {
    if (std::none_of(named.run.parts.begin(), named.run.parts.end(),
                     [&](const RunResult::Part& part) { return in_first(title(part)); })) {
      return usage_error("nothing to compare: " + runs[0].name + " is of " + names(runs[0].run) + ", " +
                         named.name + " of " + names(named.run));
    }
  }
  Comparison comparison;
  for (const std::string& name : titles) comparison.parts.push_back(PartComparer(runs, name).compare());
  add_warnings(runs, comparison.warnings);
  return comparison;
}

}  // namespace hawser::profile
