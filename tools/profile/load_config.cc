#include "tools/profile/load_config.h"

#include <limits>

namespace hawser::profile {
namespace {

using tools::FlagSpec;

constexpr FlagSpec kFlags[] = {
    {.name = "target",
     .value_name = "ADDRESS",
     .help = "host:port, unix:/path or vsock://cid:port",
     .fallback = "127.0.0.1:50051",
     .environment = "SERVER_ADDR"},
    {.name = "connections", .value_name = "N", .help = "Connections", .fallback = "1"},
    {.name = "concurrency", .value_name = "N", .help = "Calls in flight on each connection", .fallback = "1"},
    {.name = "requests", .value_name = "N", .help = "Calls to measure; instead of --duration"},
    {.name = "duration", .value_name = "TIME", .help = "How long to measure: 10s, 500ms", .fallback = "10s"},
    {.name = "warmup", .value_name = "TIME", .help = "Load before measuring", .fallback = "200ms"},
    {.name = "payload-size", .value_name = "BYTES", .help = "Text in each request", .fallback = "23"},
    {.name = "timeout", .value_name = "TIME", .help = "Deadline of each call; 0 is none", .fallback = "0"},
    {.name = "server-time", .value_name = "", .help = "Ask for the server's latency and show it apart"},
    {.name = "json", .value_name = "", .help = "Print one JSON object"},
};

constexpr std::uint64_t kMostConnections = 10'000;
constexpr std::uint64_t kMostInFlight = 100'000;
constexpr std::uint64_t kMostPayload = 1 << 30;

}  // namespace

Result<tools::Flags> parse_load_flags(std::span<const char* const> args) {
  return tools::Flags::parse(
      "hawser-profile",
      "Closed-loop load on EchoService.Echo: each finished call starts the next one, on one thread.\n"
      "Throughput is what this pace allows; latencies are under exactly this load.\n",
      kFlags, args);
}

Result<LoadConfig> read_load_config(const tools::Flags& flags) {
  LoadConfig config;
  config.target = flags.text("target");
  config.server_time = flags.is_on("server-time");
  config.json = flags.is_on("json");
  struct {
    const char* name;
    std::uint64_t least;
    std::uint64_t most;
    std::size_t& into;
  } const counts[] = {{"connections", 1, kMostConnections, config.connections},
                      {"concurrency", 1, kMostInFlight, config.concurrency},
                      {"payload-size", 0, kMostPayload, config.payload_bytes}};
  for (const auto& count : counts) {
    const Result<std::uint64_t> value = flags.count(count.name, count.least, count.most);
    if (!value) return tl::unexpected<Error>(value.error());
    count.into = *value;
  }
  struct {
    const char* name;
    Duration& into;
  } const durations[] = {
      {"duration", config.duration}, {"warmup", config.warmup}, {"timeout", config.timeout}};
  for (const auto& duration : durations) {
    const Result<Duration> value = flags.duration(duration.name);
    if (!value) return tl::unexpected<Error>(value.error());
    duration.into = *value;
  }
  if (flags.is_on("requests")) {
    const auto requests = flags.count("requests", 1, std::numeric_limits<std::uint64_t>::max());
    if (!requests) return tl::unexpected<Error>(requests.error());
    config.requests = *requests;
  }
  return config;
}

}  // namespace hawser::profile
