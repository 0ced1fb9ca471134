#include "tools/profile/stock/affinity.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "tools/common/parse.h"

namespace hawser::profile {
namespace {

constexpr const char* kUnpinned = "; --server-core any --load-core any measures without that";

std::string list(const std::vector<int>& cores) {
  std::string text;
  for (const int core : cores) text.append(text.empty() ? "" : ", ").append(std::to_string(core));
  return text;
}

Result<std::optional<int>> choose(const std::vector<int>& usable, const CoreWish& wish, const char* flag,
                                  bool is_first) {
  if (wish.kind == CoreWish::Kind::kAny) return std::optional<int>();
  if (usable.empty()) {
    return tl::unexpected<Error>(Error{
        ErrorScope::kIo, 0,
        std::string(flag) + ": the system doesn't say which cores this program may run on" + kUnpinned});
  }
  if (wish.kind == CoreWish::Kind::kDefault) return is_first ? usable.front() : usable.back();
  if (std::find(usable.begin(), usable.end(), wish.core) != usable.end()) return wish.core;
  return usage_error(std::string(flag) + ": this program may not run on core " + std::to_string(wish.core) +
                     ", but on " + list(usable));
}

}  // namespace

Result<CoreWish> CoreWish::parse(const std::string& text) {
  if (text == "any") return CoreWish{Kind::kAny, 0};
  const auto core = tools::parse_count(text, 0, CPU_SETSIZE - 1);
  if (!core) return usage_error("\"" + text + "\" is neither a core's number nor any");
  return CoreWish{Kind::kCore, static_cast<int>(*core)};
}

Result<Cores> choose_cores(const std::vector<int>& usable, const CoreWish& server, const CoreWish& load) {
  const auto server_core = choose(usable, server, "--server-core", /*is_first=*/true);
  if (!server_core) return tl::unexpected<Error>(server_core.error());
  const auto load_core = choose(usable, load, "--load-core", /*is_first=*/false);
  if (!load_core) return tl::unexpected<Error>(load_core.error());
  Cores cores{*server_core, *load_core, {}};
  if (cores.server && cores.server == cores.load) {
    cores.warnings.push_back("server and load share core " + std::to_string(*cores.server) +
                             ": calls/s and latencies are of both together; read the server's CPU time");
  } else if (!cores.server || !cores.load) {
    cores.warnings.emplace_back("not everything is pinned to a core: numbers vary more");
  }
  return cores;
}

std::vector<int> usable_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

Result<void> pin_this_thread(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (::sched_setaffinity(0, sizeof set, &set) == 0) return {};
  auto error = io_error(errno, "pin the load to core " + std::to_string(core));
  error.value().detail += kUnpinned;
  return error;
}

}  // namespace hawser::profile
