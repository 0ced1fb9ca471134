// hawser-profile: how fast a server answers, and where the time goes.
#include <iostream>
#include <span>
#include <utility>
#include <vector>

#include "tools/common/tls_flags.h"
#include "tools/profile/load_config.h"
#include "tools/profile/load_run.h"
#include "tools/profile/report.h"
#ifdef HAWSER_CRYPTO
#include "tools/profile/crypto_work.h"
#endif
#include "tools/profile/echo_work.h"

namespace hawser::profile {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int complain(const Error& error) {
  std::cerr << "hawser-profile: " << error.detail << '\n';
  if (error.scope != ErrorScope::kUsage) return kExitFailed;
  std::cerr << "Try hawser-profile --help.\n";
  return kExitUsage;
}

Result<LoadSpec> crypto_load(const LoadConfig& config) {
#ifdef HAWSER_CRYPTO
  auto work = make_crypto_work(config);
  if (!work) return tl::unexpected<Error>(std::move(work.error()));
  const bool is_alone = config.service == Service::kCrypto;
  LoadSpec load{.part = {}, .work = std::move(*work)};
  load.part.name = kCryptoName;
  load.part.operation = name_of(config.signing.operation);
  load.part.algorithm = config.signing.algorithm;
  load.part.width = is_alone ? config.width : config.crypto_width;
  load.part.is_open = is_alone && !config.schedule.empty();
  if (is_alone) load.think_time = config.think_time;
  return load;
#else
  static_cast<void>(config);
  return usage_error("--service: this program was built without the signing service");
#endif
}

LoadSpec echo_load(const LoadConfig& config) {
  LoadSpec load{.part = {},
                .work = make_echo_work(config.payload_bytes, config.server_time),
                .think_time = config.think_time};
  load.part.name = kEchoName;
  load.part.width = config.width;
  load.part.is_open = !config.schedule.empty();
  return load;
}

Result<std::vector<LoadSpec>> make_loads(const LoadConfig& config) {
  std::vector<LoadSpec> loads;
  if (config.service != Service::kCrypto) loads.push_back(echo_load(config));
  if (config.service != Service::kEcho) {
    auto load = crypto_load(config);
    if (!load) return tl::unexpected<Error>(std::move(load.error()));
    loads.push_back(std::move(*load));
  }
  for (LoadSpec& load : loads) load.part.method = load.work->path();
  return loads;
}

RunFacts facts_of(const LoadConfig& config) {
  RunFacts facts;
  facts.target = config.target;
  facts.threads = config.threads;
  facts.payload_bytes = config.payload_bytes;
  if (config.schedule.empty()) return facts;
  facts.arrivals = config.arrivals == ArrivalKind::kPoisson ? "poisson" : "constant";
  facts.schedule = config.schedule.text();
  facts.lag_limit = config.lag_limit;
  return facts;
}

int run(std::span<const char* const> args) {
  const auto flags = parse_load_flags(args);
  if (!flags) return complain(flags.error());
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  auto config = read_load_config(*flags);
  if (!config) return complain(config.error());
  const auto tls = tools::read_client_tls(*flags);
  if (!tls) return complain(tls.error());
  config->tls = tls->get();
  const auto load = LoadRun::create(*config, [&] { return make_loads(*config); });
  if (!load) return complain(load.error());
  RunResult result = (*load)->run();
  result.facts = facts_of(*config);
  std::cout << (config->json ? json_report(result) : text_report(result)) << std::flush;
  if (result.is_lagging()) std::cerr << "hawser-profile: " << lag_complaint(result) << '\n';
  return result.is_good() ? 0 : kExitFailed;
}

}  // namespace
}  // namespace hawser::profile

int main(int argc, char** argv) {
  return hawser::profile::run({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
