#include "tools/profile/stock/config.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace hawser::profile {
namespace {

namespace fs = std::filesystem;
using tools::FlagSpec;

constexpr std::string_view kServersGroup = "Servers";
constexpr std::string_view kOutput = "Output";
constexpr std::string_view kStockModes[] = {"async", "callback", "sync"};
constexpr Duration kLongestRound = std::chrono::minutes(5);

constexpr FlagSpec kFlags[] = {
    {.name = "rounds",
     .value_name = "N",
     .help = "Rounds of each load; in each, each server",
     .fallback = "5"},
    {.name = "quick", .value_name = "", .help = "A first look: one round of 500 ms, unless told otherwise"},
    {.name = "stock-server",
     .value_name = "PATH",
     .help = "The program with stock grpc++. Default: tests/bench/stock-server of this program's build "
             "directory, where -Dbenchmarks=true builds it",
     .group = kServersGroup},
    {.name = "stock-mode",
     .value_name = "NAME",
     .help = "async (its best), callback or sync",
     .fallback = "async",
     .group = kServersGroup},
    {.name = "hawser-server",
     .value_name = "PATH",
     .help = "Default: src/hawser-server of this program's build directory, or the one beside this program",
     .group = kServersGroup},
    {.name = "hawser-flag",
     .value_name = "FLAG",
     .help = "One more flag of hawser-server, repeatable: --hawser-flag=--busy-poll=100",
     .repeatable = true,
     .group = kServersGroup},
    {.name = "server-core",
     .value_name = "CORE",
     .help = "The servers' one, or any: not pinned. Default: the first that this program may run on",
     .group = kServersGroup},
    {.name = "load-core",
     .value_name = "CORE",
     .help = "The load's one, or any. Default: the last",
     .group = kServersGroup},
    {.name = "json", .value_name = "", .help = "Print one JSON object instead of the text", .group = kOutput},
    {.name = "json-file", .value_name = "FILE", .help = "The same into a file", .group = kOutput},
    {.name = "html",
     .value_name = "FILE",
     .help = "A page for the browser: the tables, and plots over each other",
     .group = kOutput},
    {.name = "fail-if",
     .value_name = "CONDITION",
     .help = "Exit with 3 when it holds under any load: cpu.ratio>0.2, throughput.ratio<=4, p99.ratio>1, "
             "rss.ratio>1; repeatable. So does a percentile with too few calls",
     .repeatable = true,
     .group = kOutput},
    {.name = "progress",
     .value_name = "",
     .help = "What is measured, on standard error, also where that is no terminal",
     .group = kOutput},
};

// Flags of the load that mean the same here; with another default or help where there is one.
struct Borrowed {
  std::string_view name;
  std::string_view fallback = {};
  std::string_view help = {};
};
constexpr Borrowed kBorrowed[] = {
    {.name = "connections"},
    {.name = "concurrency"},
    {.name = "threads"},
    {.name = "payload-size", .help = "Text in each request"},
    {.name = "timeout"},
    {.name = "duration",
     .fallback = "2s",
     .help = "How long to measure in each round: 10s, 500ms; up to 5 minutes"},
    {.name = "warmup", .fallback = "500ms", .help = "Load before measuring, in each round"},
    {.name = "busy-poll"},
    {.name = "rate", .help = "Calls a second, made in time whatever the server does"},
    {.name = "max-outstanding"},
    {.name = "arrivals"},
    {.name = "lag-limit"}};
// They replace the usual loads.
constexpr std::string_view kOwnLoad[] = {"connections", "concurrency", "rate"};

std::vector<FlagSpec> borrowed_flags() {
  std::vector<FlagSpec> specs;
  for (const Borrowed& borrowed : kBorrowed) {
    const auto all = load_flags();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const FlagSpec& flag) { return flag.name == borrowed.name; });
    if (found == all.end()) continue;
    specs.push_back(*found);
    // Variables are for who loads a server of his own; here they would change what is compared.
    specs.back().environment = {};
    if (!borrowed.fallback.empty()) specs.back().fallback = borrowed.fallback;
    if (!borrowed.help.empty()) specs.back().help = borrowed.help;
  }
  return specs;
}

// As if these flags had been given to hawser-profile without `stock`.
Result<LoadConfig> read_load(const tools::Flags& flags, bool is_quick) {
  std::vector<std::string> words = {"--service=echo", "--rate=0"};
  for (const FlagSpec& flag : borrowed_flags()) {
    std::string value = flags.text(flag.name);
    if (is_quick && !flags.is_given(flag.name)) {
      if (flag.name == "duration") value = "500ms";
      if (flag.name == "warmup") value = "100ms";
    }
    // It is refused in a closed loop when it is given.
    const bool is_idle = flag.name == "arrivals" && !flags.is_given(flag.name);
    if (!value.empty() && !is_idle) words.push_back("--" + std::string(flag.name) + '=' + value);
  }
  std::vector<const char*> args;
  for (const std::string& word : words) args.push_back(word.c_str());
  const auto parsed = parse_load_flags(args);
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  auto load = read_load_config(*parsed);
  if (!load) return load;
  if (load->duration <= Duration{} || load->duration > kLongestRound) {
    return flags.wrong("duration", "a round lasts up to 5 minutes, and some time");
  }
  return load;
}

Result<CoreWish> read_core(const tools::Flags& flags, const char* name) {
  if (!flags.is_on(name)) return CoreWish{};
  auto wish = CoreWish::parse(flags.text(name));
  if (!wish) return flags.wrong(name, wish.error().detail);
  return wish;
}

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(const tools::Flags& flags, const char* flag, const fs::path& otherwise,
                                 const std::string& advice) {
  if (flags.is_on(flag)) {
    const std::string path = flags.text(flag);
    if (is_program(path)) return path;
    return flags.wrong(flag, "there is no program " + path);
  }
  if (is_program(otherwise)) return otherwise.string();
  return usage_error("there is no program " + otherwise.string() + ": " + advice + ", or say --" + flag +
                     " PATH");
}

Result<void> read_servers(const tools::Flags& flags, StockConfig& config) {
  const std::string mode = flags.text("stock-mode");
  if (std::find(std::begin(kStockModes), std::end(kStockModes), mode) == std::end(kStockModes)) {
    return flags.wrong("stock-mode", "\"" + mode + "\" is none of async, callback, sync");
  }
  std::error_code error;
  const ServerPaths paths = default_server_paths(fs::read_symlink("/proc/self/exe", error));
  const auto stock =
      find_program(flags, "stock-server", paths.stock,
                   "configure the build directory with -Dbenchmarks=true and build it (make benchmark does)");
  if (!stock) return tl::unexpected<Error>(stock.error());
  const auto hawser = find_program(flags, "hawser-server", paths.hawser, "build it");
  if (!hawser) return tl::unexpected<Error>(hawser.error());
  config.servers[kStock] = {
      "stock grpc++ (" + mode + ")", {*stock, "--listen", "127.0.0.1:0", "--mode", mode}, {}};
  config.servers[kHawser] = {"hawser", {*hawser, "--listen", "127.0.0.1:0", "--workers", "1"}, {}};
#ifdef HAWSER_CRYPTO
  config.servers[kHawser].words.emplace_back("--no-crypto");  // Echo alone, as the other one
#endif
  for (const std::string& flag : flags.texts("hawser-flag")) config.servers[kHawser].words.push_back(flag);
  return {};
}

}  // namespace

ServerPaths default_server_paths(const fs::path& program) {
  const fs::path folder = program.parent_path();  // BUILD/tools/profile
  const fs::path build = folder.parent_path().parent_path();
  const fs::path built = build / "src/hawser-server";
  const fs::path beside = folder / "hawser-server";
  return {build / "tests/bench/stock-server", !is_program(built) && is_program(beside) ? beside : built};
}

bool is_stock_command(std::span<const char* const> args) {
  return !args.empty() && std::string_view(args.front()) == "stock";
}

Result<tools::Flags> parse_stock_flags(std::span<const char* const> args) {
  std::vector<FlagSpec> specs = borrowed_flags();
  specs.insert(specs.end(), std::begin(kFlags), std::end(kFlags));
  return tools::Flags::parse(
      "hawser-profile stock",
      "Measures hawser-server against a server with stock grpc++: both are started here, one after the other "
      "in\n"
      "each round (A B A B), each pinned to a core, under the same load by this program. The usual loads "
      "are\n"
      "closed loops of 1 connection x 100 calls in flight and of 50 x 20, and an open loop at a rate that "
      "both\n"
      "hold; --connections, --concurrency or --rate measure a load of your own instead. Exit codes: 1 calls\n"
      "failed, a server did, or this program lagged, 2 usage, 3 a condition of --fail-if.\n",
      specs, args.subspan(1));
}

Result<StockConfig> read_stock_config(const tools::Flags& flags) {
  StockConfig config;
  const auto server_core = read_core(flags, "server-core");
  if (!server_core) return tl::unexpected<Error>(server_core.error());
  const auto load_core = read_core(flags, "load-core");
  if (!load_core) return tl::unexpected<Error>(load_core.error());
  config.server_core = *server_core;
  config.load_core = *load_core;

  const bool is_quick = flags.is_on("quick");
  const auto rounds = flags.count("rounds", 1, 1000);
  if (!rounds) return tl::unexpected<Error>(rounds.error());
  config.rounds = is_quick && !flags.is_given("rounds") ? 1 : *rounds;
  auto load = read_load(flags, is_quick);
  if (!load) return tl::unexpected<Error>(load.error());
  config.load = std::move(*load);
  config.has_own_load = std::any_of(std::begin(kOwnLoad), std::end(kOwnLoad),
                                    [&](std::string_view name) { return flags.is_given(name); });

  config.json = flags.is_on("json");
  config.progress = flags.is_on("progress");
  config.json_file = flags.text("json-file");
  config.html_file = flags.text("html");
  for (const std::string& text : flags.texts("fail-if")) {
    auto gate = RatioGate::parse(text);
    if (!gate) return flags.wrong("fail-if", gate.error().detail);
    config.gates.push_back(std::move(*gate));
  }
  if (auto servers = read_servers(flags, config); !servers) return tl::unexpected<Error>(servers.error());
  return config;
}

}  // namespace hawser::profile
