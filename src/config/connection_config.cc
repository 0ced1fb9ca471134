#include "src/config/connection_config.h"

#include <limits>

#include "src/config/time_flag.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr std::string_view kConnectionGroup = "Connections";

// More than any process can have.
constexpr std::uint64_t kMostConnections = 10'000'000;

constexpr FlagSpec kConnectionFlags[] = {
    {.name = "max-connections",
     .value_name = "N",
     .help = "Open connections; one more is closed at once",
     .fallback = "10000",
     .group = kConnectionGroup},
    {.name = "max-connections-per-peer",
     .value_name = "N",
     .help = "The same for one IP address or CID",
     .fallback = "2000",
     .group = kConnectionGroup},
    {.name = "max-connection-calls",
     .value_name = "N",
     .help = "Drain connections that have brought so many calls; 0 never does",
     .fallback = "0",
     .group = kConnectionGroup},
    {.name = "keepalive-time",
     .value_name = "TIME",
     .help = "Ask a client that was silent for so long whether it is there",
     .fallback = "2h",
     .group = kConnectionGroup},
    {.name = "keepalive-timeout",
     .value_name = "TIME",
     .help = "How long it may take to answer",
     .fallback = "20s",
     .group = kConnectionGroup},
    {.name = "max-connection-idle",
     .value_name = "TIME",
     .help = "Drain connections that had no call for so long",
     .fallback = "never",
     .group = kConnectionGroup},
    {.name = "idle-memory-after",
     .value_name = "TIME",
     .help = "Take memory that only traffic needs from connections that were quiet for so long",
     .fallback = "10s",
     .group = kConnectionGroup},
    {.name = "max-connection-age",
     .value_name = "TIME",
     .help = "Drain connections that old, give or take a tenth",
     .fallback = "never",
     .group = kConnectionGroup},
    {.name = "max-connection-age-grace",
     .value_name = "TIME",
     .help = "How long their calls may go on",
     .fallback = "never",
     .group = kConnectionGroup},
    {.name = "min-ping-interval",
     .value_name = "TIME",
     .help = "Let clients go that send PINGs more often",
     .fallback = "5m",
     .group = kConnectionGroup},
    {.name = "permit-pings-without-calls",
     .value_name = "",
     .help = "That interval, and not 2h, holds for clients without calls, too",
     .group = kConnectionGroup},
};

constexpr TimeFlag kConnectionTimes[] = {
    {"keepalive-time", &server::ServerOptions::keepalive_time},
    {"keepalive-timeout", &server::ServerOptions::keepalive_timeout},
    {"max-connection-idle", &server::ServerOptions::max_connection_idle},
    {"idle-memory-after", &server::ServerOptions::idle_memory_after},
    {"max-connection-age", &server::ServerOptions::max_connection_age},
    {"max-connection-age-grace", &server::ServerOptions::max_connection_age_grace},
    {"min-ping-interval", &server::ServerOptions::min_ping_interval},
};

struct CountFlag {
  std::string_view name;
  std::uint64_t least;
  std::uint64_t most;
  void (*set)(server::ServerOptions& options, std::uint64_t value);
};

constexpr CountFlag kCounts[] = {
    {"max-connections", 1, kMostConnections,
     [](server::ServerOptions& options, std::uint64_t value) { options.max_connections = value; }},
    {"max-connections-per-peer", 1, kMostConnections,
     [](server::ServerOptions& options, std::uint64_t value) { options.max_connections_per_peer = value; }},
    {"max-connection-calls", 0, std::numeric_limits<std::uint64_t>::max(),
     [](server::ServerOptions& options, std::uint64_t value) { options.max_connection_calls = value; }},
};

}  // namespace

std::span<const FlagSpec> connection_flags() { return kConnectionFlags; }

Result<void> read_connection_flags(const tools::Flags& flags, server::ServerOptions& options) {
  for (const TimeFlag& flag : kConnectionTimes) {
    if (auto read = read_time(flags, flag, options); !read) return read;
  }
  for (const CountFlag& flag : kCounts) {
    const auto count = flags.count(flag.name, flag.least, flag.most);
    if (!count) return tl::unexpected<Error>(count.error());
    flag.set(options, *count);
  }
  options.permit_pings_without_calls = flags.is_on("permit-pings-without-calls");
  return {};
}

}  // namespace hawser
