#include "tools/profile/loads.h"

#include <utility>

#include "tools/profile/call_work.h"
#include "tools/profile/echo_work.h"
#ifdef HAWSER_CRYPTO
#include "tools/profile/crypto_work.h"
#endif

namespace hawser::profile {
namespace {

PayloadDraws payloads_of(const LoadConfig& config, std::size_t thread) {
  return {config.payload, config.seed, thread};
}

Result<LoadSpec> crypto_load(const LoadConfig& config, std::size_t thread) {
#ifdef HAWSER_CRYPTO
  auto work = make_crypto_work(config, payloads_of(config, thread));
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
  static_cast<void>(thread);
  return usage_error("--service: this program was built without the signing service");
#endif
}

Result<LoadSpec> call_load(const LoadConfig& config) {
  auto work = make_call_work(config);
  if (!work) return tl::unexpected<Error>(std::move(work.error()));
  LoadSpec load{.part = {}, .work = std::move(*work), .think_time = config.think_time};
  load.part.name = kCallName;
  load.part.width = config.width;
  load.part.is_open = !config.schedule.empty();
  return load;
}

LoadSpec echo_load(const LoadConfig& config, std::size_t thread) {
  LoadSpec load{
      .part = {}, .work = make_echo_work(payloads_of(config, thread)), .think_time = config.think_time};
  load.part.name = kEchoName;
  load.part.width = config.width;
  load.part.is_open = !config.schedule.empty();
  return load;
}

}  // namespace

Result<std::vector<LoadSpec>> make_loads(const LoadConfig& config, std::size_t thread) {
  std::vector<LoadSpec> loads;
  if (config.service == Service::kCall) {
    auto load = call_load(config);
    if (!load) return tl::unexpected<Error>(std::move(load.error()));
    loads.push_back(std::move(*load));
    return loads;
  }
  if (config.service != Service::kCrypto) loads.push_back(echo_load(config, thread));
  if (config.service != Service::kEcho) {
    auto load = crypto_load(config, thread);
    if (!load) return tl::unexpected<Error>(std::move(load.error()));
    loads.push_back(std::move(*load));
  }
  return loads;
}

}  // namespace hawser::profile
