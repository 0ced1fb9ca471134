// hawser-profile: how fast a server answers, and where the time goes.
#include <algorithm>
#include <iostream>
#include <span>
#include <utility>
#include <vector>

#include "tools/common/tls_flags.h"
#include "tools/profile/closed_loop.h"
#include "tools/profile/load.h"
#include "tools/profile/load_config.h"
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
  if (config.service == Service::kBoth) return LoadSpec{kCryptoName, std::move(*work), config.crypto_width};
  return LoadSpec{kCryptoName, std::move(*work), config.width, config.think_time};
#else
  static_cast<void>(config);
  return usage_error("--service: this program was built without the signing service");
#endif
}

Result<std::vector<LoadSpec>> make_loads(const LoadConfig& config) {
  std::vector<LoadSpec> loads;
  if (config.service != Service::kCrypto) {
    loads.push_back({kEchoName, make_echo_work(config.payload_bytes, config.server_time), config.width,
                     config.think_time});
  }
  if (config.service != Service::kEcho) {
    auto load = crypto_load(config);
    if (!load) return tl::unexpected<Error>(std::move(load.error()));
    loads.push_back(std::move(*load));
  }
  return loads;
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
  auto loads = make_loads(*config);
  if (!loads) return complain(loads.error());
  const auto loop = ClosedLoop::create(*config, std::move(*loads));
  if (!loop) return complain(loop.error());
  const RunResult result = (*loop)->run();
  std::cout << (config->json ? json_report(*config, result) : text_report(*config, result));
  const bool is_good = std::all_of(result.parts.begin(), result.parts.end(),
                                   [](const RunResult::Part& part) { return part.load.is_good(); });
  return is_good ? 0 : kExitFailed;
}

}  // namespace
}  // namespace hawser::profile

int main(int argc, char** argv) {
  return hawser::profile::run({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
