// hawser-profile: how fast a server answers, and where the time goes.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "hawser/base/descriptor_limit.h"
#include "hawser/base/heap.h"
#include "tools/common/tls_flags.h"
#include "tools/profile/compare_command.h"
#include "tools/profile/knee.h"
#include "tools/profile/load_config.h"
#include "tools/profile/load_run.h"
#include "tools/profile/loads.h"
#include "tools/profile/machine.h"
#include "tools/profile/outcome.h"
#include "tools/profile/progress.h"
#include "tools/profile/report.h"
#include "tools/profile/result_json.h"
#include "tools/profile/stock/config.h"
#include "tools/profile/stock/report.h"
#include "tools/profile/stock/turns.h"

namespace hawser::profile {
namespace {

int complain(const Error& error, const char* command = "hawser-profile") {
  std::cerr << "hawser-profile: " << error.detail << '\n';
  if (error.scope != ErrorScope::kUsage) return kExitFailed;
  std::cerr << "Try " << command << " --help.\n";
  return kExitUsage;
}

std::string joined(std::span<const char* const> args) {
  std::string text;
  for (const char* arg : args) text.append(text.empty() ? "" : " ").append(arg);
  return text;
}

void add_facts(const LoadConfig& config, std::string command, RunFacts& facts) {
  describe_machine(facts);
  facts.command = std::move(command);
  facts.target = config.target;
  facts.threads = config.threads;
  facts.asks_timing = config.server_timing;
  if (config.service != Service::kCall && config.payload.is_fixed()) {
    facts.payload_bytes = config.payload.largest();
  } else if (config.service != Service::kCall) {
    facts.payload_sizes = config.payload.text();
  }
  if (config.schedule.empty()) return;
  facts.arrivals = config.arrivals == ArrivalKind::kPoisson ? "poisson" : "constant";
  facts.schedule = config.schedule.text();
  facts.lag_limit = config.lag_limit;
}

Result<RunResult> run_once(const LoadConfig& config, const OutputConfig& output, std::string command) {
  const auto load = LoadRun::create(config, [&](std::size_t thread) { return make_loads(config, thread); });
  if (!load) return tl::unexpected<Error>(load.error());
  RunResult result;
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  if (output.progress || is_terminal) {
    ProgressPrinter printer(config.requests == 0 ? config.duration : Duration{}, is_terminal);
    result = (*load)->run([&](const Progress& progress) { printer.print(progress); });
  } else {
    result = (*load)->run();
  }
  add_facts(config, std::move(command), result.facts);
  return result;
}

Result<KneeStep> try_rate(LoadConfig config, const OutputConfig& output, double rate) {
  const Duration length = std::max(config.duration, config.knee->needed_time(rate));
  config.schedule = Schedule({{rate, rate, length}});
  config.duration = length;
  const auto result = run_once(config, output, {});
  if (!result) return tl::unexpected<Error>(result.error());
  return judge_step(rate, *config.knee, *result);
}

int search_knee(const LoadConfig& config, const OutputConfig& output) {
  KneeSearch search;
  search.start_rate = config.schedule.phases().front().from;
  const auto knee = find_knee(search, [&](double rate) { return try_rate(config, output, rate); });
  if (!knee) return complain(knee.error());
  std::cout << (output.json ? json_knee(*config.knee, *knee) : text_knee(*config.knee, *knee)) << std::flush;
  return knee->rate > 0 ? 0 : kExitFailed;
}

int compare_runs(std::span<const char* const> args) {
  const auto flags = parse_compare_flags(args);
  if (!flags) return complain(flags.error());
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  const auto text = read_compare_config(*flags).and_then(compare_files);
  if (!text) return complain(text.error());
  std::cout << *text << std::flush;
  return 0;
}

Result<void> write_stock_files(const StockConfig& config, const StockResult& result,
                               const StockTables& tables) {
  if (!config.json_file.empty()) {
    if (auto written = write_file(config.json_file, json_stock(result, tables)); !written) return written;
  }
  return config.html_file.empty() ? Result<void>() : write_file(config.html_file, html_stock(result, tables));
}

int measure_stock(std::span<const char* const> args) {
  const auto flags = parse_stock_flags(args);
  if (!flags) return complain(flags.error(), "hawser-profile stock");
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  const auto config = read_stock_config(*flags);
  if (!config) return complain(config.error(), "hawser-profile stock");
  const bool has_audience = config->progress || ::isatty(STDERR_FILENO) == 1;
  const auto result = measure_in_turns(
      *config, [&](const LoadConfig& load) { return run_once(load, {}, joined(args)); },
      [&](const std::string& step) {
        if (has_audience) std::cerr << step << '\n';
      });
  if (!result) return complain(result.error(), "hawser-profile stock");
  const StockTables tables = tables_of(*result);
  std::cout << (config->json ? json_stock(*result, tables) : text_stock(*result, tables)) << std::flush;
  const Verdict verdict = judge_stock(*result, tables, config->gates);
  for (const std::string& reason : verdict.reasons) std::cerr << "hawser-profile: " << reason << '\n';
  if (const auto written = write_stock_files(*config, *result, tables); !written) {
    return complain(written.error());
  }
  return verdict.exit_code;
}

int run(std::span<const char* const> args) {
  if (is_stock_command(args)) return measure_stock(args);
  if (is_comparison(args)) return compare_runs(args);
  const auto flags = parse_load_flags(args);
  if (!flags) return complain(flags.error());
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  auto config = read_load_config(*flags);
  if (!config) return complain(config.error());
  const auto output = read_output_config(*flags);
  if (!output) return complain(output.error());
  const auto tls = tools::read_client_tls(*flags);
  if (!tls) return complain(tls.error());
  config->tls = tls->get();
  if (config->server_pid == 0) config->server_pid = find_server_process(config->target).value_or(0);

  if (config->knee) return search_knee(*config, *output);
  const auto result = run_once(*config, *output, joined(args));
  if (!result) return complain(result.error());
  std::cout << (output->json ? json_report(*result) : text_report(*result)) << std::flush;
  const Verdict verdict = judge(*result, output->gates);
  for (const std::string& reason : verdict.reasons) std::cerr << "hawser-profile: " << reason << '\n';
  if (const auto written = write_files(*output, *result); !written) return complain(written.error());
  return verdict.exit_code;
}

}  // namespace
}  // namespace hawser::profile

int main(int argc, char** argv) {
  constexpr std::size_t kKeptMemory = 32 * 1024 * 1024;  // as hawser-server does
  hawser::keep_freed_memory(kKeptMemory);
  hawser::raise_descriptor_limit();
  return hawser::profile::run({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
