#include "src/config/connection_config.h"

#include "src/config/time_flag.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr std::string_view kConnectionGroup = "Connections";

constexpr FlagSpec kConnectionFlags[] = {
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
    {"max-connection-age", &server::ServerOptions::max_connection_age},
    {"max-connection-age-grace", &server::ServerOptions::max_connection_age_grace},
    {"min-ping-interval", &server::ServerOptions::min_ping_interval},
};

}  // namespace

std::span<const FlagSpec> connection_flags() { return kConnectionFlags; }

Result<void> read_connection_flags(const tools::Flags& flags, server::ServerOptions& options) {
  for (const TimeFlag& flag : kConnectionTimes) {
    if (auto read = read_time(flags, flag, options); !read) return read;
  }
  options.permit_pings_without_calls = flags.is_on("permit-pings-without-calls");
  return {};
}

}  // namespace hawser
