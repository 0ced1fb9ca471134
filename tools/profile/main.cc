// hawser-profile: how fast a server answers, and where the time goes.
#include <iostream>
#include <span>

#include "tools/profile/closed_loop.h"
#include "tools/profile/load_config.h"
#include "tools/profile/report.h"

namespace hawser::profile {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int complain(const Error& error) {
  std::cerr << "hawser-profile: " << error.detail << "\nTry hawser-profile --help.\n";
  return error.scope == ErrorScope::kUsage ? kExitUsage : kExitFailed;
}

int run(std::span<const char* const> args) {
  const auto flags = parse_load_flags(args);
  if (!flags) return complain(flags.error());
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  const auto config = read_load_config(*flags);
  if (!config) return complain(config.error());
  const auto load = ClosedLoop::create(*config);
  if (!load) return complain(load.error());
  const LoadResult result = (*load)->run();
  std::cout << (config->json ? json_report(*config, result) : text_report(*config, result));
  return result.failed() == 0 ? 0 : kExitFailed;
}

}  // namespace
}  // namespace hawser::profile

int main(int argc, char** argv) {
  return hawser::profile::run({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
