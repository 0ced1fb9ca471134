#include "src/config/server_config.h"

#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include "src/config/connection_config.h"
#include "src/config/tls_config.h"
#include "src/config/vsock_config.h"
#include "src/logging/spdlog_sink.h"
#include "tools/common/flags.h"

namespace hawser {
namespace {

using tools::Flags;
using tools::FlagSpec;

constexpr std::size_t kMostWorkers = 1024;
constexpr std::size_t kLongestBusyPollUs = 10'000;

constexpr FlagSpec kServerFlags[] = {
    {.name = "listen",
     .value_name = "ADDRESS",
     .help = "host:port, unix:/path, vsock://cid:port or hvsock:/monitor.sock:port; port 0 lets the kernel "
             "choose. Repeatable. Default 127.0.0.1:50051, unless something else is listened on",
     .environment = "SERVER_ADDR",
     .repeatable = true},
    {.name = "listen-optional",
     .value_name = "ADDRESS",
     .help = "The same, but an address that can't be had is a warning and not the end. Repeatable",
     .repeatable = true},
    {.name = "socket-mode",
     .value_name = "MODE",
     .help =
         "Who may connect to the UNIX sockets of --listen: 600 this user, 660 its group, too, 666 everybody",
     .fallback = "600"},
    {.name = "workers",
     .value_name = "N",
     .help = "Event loops, one thread each; 0 is one a CPU",
     .fallback = "0",
     .environment = "WORKER_THREADS"},
    {.name = "busy-poll",
     .value_name = "USEC",
     .help = "Before it sleeps, an event loop looks for input for so many microseconds: quicker answers for "
             "processor time. 0 is never",
     .fallback = "0"},
    {.name = "log-level",
     .value_name = "LEVEL",
     .help = "trace, debug, info, warning, error or none. Without it what $GRPC_VERBOSITY says, or info",
     .environment = "LOG_LEVEL"},
    {.name = "server-timing",
     .value_name = "",
     .help = "Tell calls that ask (metadata want-server-timing: 1) how long they took here, by stage, in a "
             "trailer. It is more than a network lets a client measure"},
    {.name = "no-health", .value_name = "", .help = "Do not serve grpc.health.v1"},
    {.name = "no-reflection", .value_name = "", .help = "Do not serve reflection"},
};

Result<std::vector<net::Address>> read_addresses(const Flags& flags, std::string_view name) {
  std::vector<net::Address> addresses;
  for (const std::string& text : flags.texts(name)) {
    auto address = net::Address::parse(text);
    if (!address) return flags.wrong(name, address.error().detail);
    addresses.push_back(std::move(*address));
  }
  return addresses;
}

Result<std::uint32_t> read_socket_mode(const Flags& flags) {
  const std::string text = flags.text("socket-mode");
  for (const auto& [name, mode] : {std::pair{"600", 0600U}, {"660", 0660U}, {"666", 0666U}}) {
    if (text == name) return mode;
  }
  return flags.wrong("socket-mode", "\"" + text + "\" is not 600, 660 or 666");
}

// Of all gRPC's own variables the one that means something here (P-102): DEBUG, INFO, ERROR or NONE.
Result<log::Level> read_grpc_verbosity() {
  const char* value = std::getenv("GRPC_VERBOSITY");
  std::string level(value == nullptr || *value == '\0' ? "info" : value);
  for (char& c : level) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto parsed = logging::parse_level(level);
  if (!parsed) return usage_error("GRPC_VERBOSITY: " + parsed.error().detail);
  return parsed;
}

Result<log::Level> read_log_level(const Flags& flags) {
  if (!flags.is_on("log-level")) return read_grpc_verbosity();
  const auto parsed = logging::parse_level(flags.text("log-level"));
  if (!parsed) return flags.wrong("log-level", parsed.error().detail);
  return parsed;
}

}  // namespace

std::vector<FlagSpec> server_flags() {
  std::vector<FlagSpec> all(std::begin(kServerFlags), std::end(kServerFlags));
  for (const std::span<const FlagSpec> group : {connection_flags(), tls_flags()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  const std::vector<FlagSpec> vsock = vsock_flags();
  all.insert(all.end(), vsock.begin(), vsock.end());
  return all;
}

Result<ServerConfig> read_server_flags(const Flags& flags) {
  ServerConfig config;
  auto listen = read_addresses(flags, "listen");
  if (!listen) return tl::unexpected<Error>(std::move(listen.error()));
  config.listen = std::move(*listen);
  auto optional = read_addresses(flags, "listen-optional");
  if (!optional) return tl::unexpected<Error>(std::move(optional.error()));
  config.listen_optional = std::move(*optional);
  const auto socket_mode = read_socket_mode(flags);
  if (!socket_mode) return tl::unexpected<Error>(socket_mode.error());
  config.socket_mode = *socket_mode;
  const auto workers = flags.count("workers", 0, kMostWorkers);
  if (!workers) return tl::unexpected<Error>(workers.error());
  config.options.workers = *workers;
  const auto busy_poll = flags.count("busy-poll", 0, kLongestBusyPollUs);
  if (!busy_poll) return tl::unexpected<Error>(busy_poll.error());
  config.options.busy_poll = std::chrono::microseconds(*busy_poll);
  if (auto read = read_connection_flags(flags, config.options); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  if (auto read = read_vsock_flags(flags, config.options); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  auto tls = read_tls_flags(flags);
  if (!tls) return tl::unexpected<Error>(std::move(tls.error()));
  config.tls = std::move(*tls);
  const auto level = read_log_level(flags);
  if (!level) return tl::unexpected<Error>(level.error());
  config.log_level = *level;
  config.options.report_timing = flags.is_on("server-timing");
  config.health = !flags.is_on("no-health");
  config.reflection = !flags.is_on("no-reflection");
  return config;
}

}  // namespace hawser
