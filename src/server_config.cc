#include "src/server_config.h"

#include <charconv>
#include <cstdlib>

#include <cxxopts.hpp>

#include "src/logging/spdlog_sink.h"
#include "tools/common/parse.h"

namespace hawser {
namespace {

constexpr std::size_t kMostWorkers = 1024;

// Flags that set a time of the options; "never" is the end of time.
struct TimeFlag {
  const char* name;
  const char* help;
  Duration server::ServerOptions::*time;
};
constexpr TimeFlag kTimeFlags[] = {
    {"keepalive-time", "ask a client that was silent for so long whether it is there. Default 2h",
     &server::ServerOptions::keepalive_time},
    {"keepalive-timeout", "how long it may take to answer. Default 20s",
     &server::ServerOptions::keepalive_timeout},
    {"max-connection-idle", "drain connections that had no call for so long. Default never",
     &server::ServerOptions::max_connection_idle},
    {"max-connection-age", "drain connections that old, give or take a tenth. Default never",
     &server::ServerOptions::max_connection_age},
    {"max-connection-age-grace", "how long their calls may go on. Default never",
     &server::ServerOptions::max_connection_age_grace},
    {"min-ping-interval", "let clients go that send PINGs more often. Default 5m",
     &server::ServerOptions::min_ping_interval},
};

cxxopts::Options make_options() {
  cxxopts::Options options("hawser-server", "Serves Echo over HTTP/2 on TCP, UNIX and VSOCK sockets.");
  options.add_options()(
      "listen",
      "host:port, unix:/path or vsock://cid:port; port 0 lets the kernel choose. Repeatable. "
      "Default $SERVER_ADDR, or 127.0.0.1:50051",
      cxxopts::value<std::vector<std::string>>(),
      "ADDRESS")("workers", "event loops, one thread each; 0 is one a CPU. Default $WORKER_THREADS, or 0",
                 cxxopts::value<std::string>(),
                 "N")("log-level",
                      "trace, debug, info, warning, error or none. Default $LOG_LEVEL, "
                      "or what $GRPC_VERBOSITY says, or info",
                      cxxopts::value<std::string>(), "LEVEL")("no-health", "do not serve grpc.health.v1")(
      "no-reflection", "do not serve reflection")("h,help", "this text")("version", "the version");
  auto add = options.add_options("Connections");
  for (const TimeFlag& flag : kTimeFlags) add(flag.name, flag.help, cxxopts::value<std::string>(), "TIME");
  add("permit-pings-without-calls", "that interval, and not 2h, holds for clients without calls, too");
  return options;
}

std::string from_environment(const char* name, std::string_view fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::string(fallback) : std::string(value);
}

// One value, from the flag or else from the environment, with the name to blame.
struct Setting {
  std::string name;
  std::string value;
};

Setting setting(const cxxopts::ParseResult& flags, const std::string& flag, const char* variable,
                std::string_view fallback) {
  if (flags.count(flag) > 0) return {"--" + flag, flags[flag].as<std::string>()};
  return {variable, from_environment(variable, fallback)};
}

// Of all gRPC's own variables the one that means something here (P-102): DEBUG, INFO, ERROR or NONE.
Setting log_level_setting(const cxxopts::ParseResult& flags) {
  Setting level = setting(flags, "log-level", "LOG_LEVEL", "");
  if (flags.count("log-level") > 0 || !level.value.empty()) return level;
  level = {"GRPC_VERBOSITY", from_environment("GRPC_VERBOSITY", "info")};
  for (char& c : level.value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return level;
}

Result<std::size_t> parse_workers(const Setting& given) {
  std::size_t workers = 0;
  const char* end = given.value.data() + given.value.size();
  const auto parsed = std::from_chars(given.value.data(), end, workers);
  if (parsed.ec != std::errc() || parsed.ptr != end || workers > kMostWorkers) {
    return usage_error(given.name + ": \"" + given.value + "\" is not a number of workers from 0 to " +
                       std::to_string(kMostWorkers));
  }
  return workers;
}

Result<std::vector<net::Address>> parse_listen(const cxxopts::ParseResult& flags) {
  std::vector<std::string> texts;
  std::string source = "--listen";
  if (flags.count("listen") > 0) {
    texts = flags["listen"].as<std::vector<std::string>>();
  } else {
    source = "SERVER_ADDR";
    texts = {from_environment("SERVER_ADDR", "127.0.0.1:50051")};
  }
  std::vector<net::Address> addresses;
  for (const std::string& text : texts) {
    auto address = net::Address::parse(text);
    if (!address) return usage_error(source + ": " + address.error().detail);
    addresses.push_back(std::move(*address));
  }
  return addresses;
}

Result<void> read_times(const cxxopts::ParseResult& flags, server::ServerOptions& options) {
  for (const TimeFlag& flag : kTimeFlags) {
    if (flags.count(flag.name) == 0) continue;
    const std::string text = flags[flag.name].as<std::string>();
    const Result<Duration> time = text == "never" ? Duration::max() : tools::parse_duration(text);
    if (!time) return usage_error("--" + std::string(flag.name) + ": " + time.error().detail + ", or never");
    if (*time == Duration::zero()) return usage_error("--" + std::string(flag.name) + ": it can't be 0");
    options.*flag.time = *time;
  }
  options.permit_pings_without_calls = flags.count("permit-pings-without-calls") > 0;
  return {};
}

Result<ServerConfig> read(const cxxopts::ParseResult& flags) {
  ServerConfig config;
  auto listen = parse_listen(flags);
  if (!listen) return tl::unexpected<Error>(std::move(listen.error()));
  config.listen = std::move(*listen);
  const auto workers = parse_workers(setting(flags, "workers", "WORKER_THREADS", "0"));
  if (!workers) return tl::unexpected<Error>(workers.error());
  config.options.workers = *workers;
  if (auto times = read_times(flags, config.options); !times) {
    return tl::unexpected<Error>(std::move(times.error()));
  }
  const Setting level = log_level_setting(flags);
  const auto parsed = logging::parse_level(level.value);
  if (!parsed) return usage_error(level.name + ": " + parsed.error().detail);
  config.log_level = *parsed;
  config.health = flags.count("no-health") == 0;
  config.reflection = flags.count("no-reflection") == 0;
  return config;
}

}  // namespace

Result<ServerConfig> parse_server_config(int argc, const char* const* argv) {
  try {
    cxxopts::Options options = make_options();
    const cxxopts::ParseResult flags = options.parse(argc, argv);
    ServerConfig config;
    if (flags.count("help") > 0) {
      config.text = options.help();
      return config;
    }
    if (flags.count("version") > 0) {
      config.text = "hawser-server " HAWSER_VERSION "\n";
      return config;
    }
    if (!flags.unmatched().empty())
      return usage_error("unexpected argument \"" + flags.unmatched()[0] + "\"");
    return read(flags);
  } catch (const cxxopts::exceptions::exception& wrong) {
    return usage_error(wrong.what());
  }
}

}  // namespace hawser
