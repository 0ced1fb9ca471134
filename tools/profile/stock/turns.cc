#include "tools/profile/stock/turns.h"

#include <utility>
#include <vector>

namespace hawser::profile {
namespace {

constexpr Duration kPatience = std::chrono::seconds(20);  // with a start, and with an end
// The open loop is there for its percentiles, and far below what servers can do: it needs longer for as many
// calls.
constexpr std::size_t kOpenConnections = 4;
constexpr int kOpenLonger = 3;
constexpr Width kUsualWidths[] = {{1, 100}, {50, 20}};

class Turns final {
 public:
  Turns(const StockConfig& config, const MeasureOnce& measure,
        const std::function<void(const std::string&)>& on_step, std::size_t processors)
      : config_(config), measure_(measure), on_step_(on_step), processors_(processors) {}

  Result<StockLoad> measure(const LoadConfig& load, const Cores& cores) {
    StockLoad result{title_of(load), {}};
    for (std::size_t round = 0; round < config_.rounds; ++round) {
      result.rounds.emplace_back();
      for (std::size_t server = 0; server < kServers; ++server) {
        ServerCommand command = config_.servers[server];
        command.core = cores.server;
        on_step_(result.title + ", round " + std::to_string(round + 1) + " of " +
                 std::to_string(config_.rounds) + ": " + command.name);
        auto sample = take_sample(command, load);
        if (!sample) return tl::unexpected<Error>(std::move(sample.error()));
        result.rounds.back()[server] = std::move(*sample);
      }
    }
    return result;
  }

 private:
  Result<StockSample> take_sample(const ServerCommand& command, LoadConfig load) {
    auto server = ServerProcess::start(command, kPatience);
    if (!server) return tl::unexpected<Error>(std::move(server.error()));
    load.target = (*server)->address();
    load.server_pid = (*server)->pid();
    auto run = measure_(load);
    if (!run) return tl::unexpected<Error>(std::move(run.error()));
    run->facts.processors = processors_;  // before this thread was pinned
    if (auto alive = (*server)->check_alive(); !alive) return tl::unexpected<Error>(std::move(alive.error()));
    StockSample sample{std::move(*run), (*server)->peak_rss_mib()};
    if (auto stopped = (*server)->stop(kPatience); !stopped) {
      return tl::unexpected<Error>(std::move(stopped.error()));
    }
    return sample;
  }

  const StockConfig& config_;
  const MeasureOnce& measure_;
  const std::function<void(const std::string&)>& on_step_;
  const std::size_t processors_;
};

}  // namespace

Result<StockResult> measure_in_turns(const StockConfig& config, const MeasureOnce& measure,
                                     const std::function<void(const std::string&)>& on_step) {
  const std::vector<int> usable = usable_cores();
  auto cores = choose_cores(usable, config.server_core, config.load_core);
  if (!cores) return tl::unexpected<Error>(std::move(cores.error()));
  if (cores->load) {
    if (auto pinned = pin_this_thread(*cores->load); !pinned) {
      return tl::unexpected<Error>(std::move(pinned.error()));
    }
  }
  StockResult result;
  for (std::size_t i = 0; i < kServers; ++i) {
    result.names[i] = config.servers[i].name;
    result.commands[i] = text_of(config.servers[i]);
  }
  result.server_core = cores->server;
  result.load_core = cores->load;
  result.warnings = cores->warnings;

  Turns turns(config, measure, on_step, usable.size());
  const auto add = [&](const LoadConfig& load) -> Result<void> {
    auto one = turns.measure(load, *cores);
    if (!one) return tl::unexpected<Error>(std::move(one.error()));
    result.loads.push_back(std::move(*one));
    return {};
  };
  if (config.has_own_load) {
    if (auto added = add(config.load); !added) return tl::unexpected<Error>(std::move(added.error()));
    return result;
  }
  LoadConfig load = config.load;
  for (const Width& width : kUsualWidths) {
    load.width = width;
    if (auto added = add(load); !added) return tl::unexpected<Error>(std::move(added.error()));
  }
  load.width = {kOpenConnections, 1};
  const double rate = rate_for_both(result.loads);
  load.duration *= kOpenLonger;
  load.schedule = Schedule({{rate, rate, load.duration}});
  if (auto added = add(load); !added) return tl::unexpected<Error>(std::move(added.error()));
  return result;
}

}  // namespace hawser::profile
