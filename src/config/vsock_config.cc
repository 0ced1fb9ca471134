#include "src/config/vsock_config.h"

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "hawser/net/address.h"
#include "src/config/time_flag.h"
#include "tools/common/vsock_flags.h"

namespace hawser {
namespace {

constexpr std::string_view kVsockGroup = "VSOCK";

constexpr tools::FlagSpec kVsockFlags[] = {
    {.name = "vsock-allow-cid",
     .value_name = "CIDS",
     .help = "Serve only these machines over VSOCK, on --admin-listen too: 3,4,host. Repeatable. Default: "
             "all",
     .repeatable = true,
     .group = kVsockGroup},
    {.name = "vsock-keepalive-time",
     .value_name = "TIME",
     .help = "Over VSOCK: ask a client that was silent for so long whether it is there",
     .fallback = "30s",
     .group = kVsockGroup},
    {.name = "vsock-keepalive-timeout",
     .value_name = "TIME",
     .help = "Over VSOCK: how long it may take to answer",
     .fallback = "10s",
     .group = kVsockGroup},
    {.name = "vsock-min-ping-interval",
     .value_name = "TIME",
     .help = "Over VSOCK: let clients go that send PINGs more often, with or without calls",
     .fallback = "5s",
     .group = kVsockGroup},
};

constexpr TimeFlag kVsockTimes[] = {
    {"vsock-keepalive-time", &server::ServerOptions::vsock_keepalive_time},
    {"vsock-keepalive-timeout", &server::ServerOptions::vsock_keepalive_timeout},
    {"vsock-min-ping-interval", &server::ServerOptions::vsock_min_ping_interval},
};

Result<std::vector<std::uint32_t>> read_cids(const tools::Flags& flags) {
  std::vector<std::uint32_t> cids;
  for (const std::string& list : flags.texts("vsock-allow-cid")) {
    for (std::string_view rest = list;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = rest.substr(0, comma);
      const std::optional<std::uint32_t> cid = net::parse_machine_cid(name);
      if (!cid) {
        return flags.wrong("vsock-allow-cid", '\'' + std::string(name) +
                                                  "' is no machine's CID; write numbers, "
                                                  "host, local or hypervisor, with commas between");
      }
      cids.push_back(*cid);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return cids;
}

}  // namespace

std::vector<tools::FlagSpec> vsock_flags() {
  std::vector<tools::FlagSpec> all(std::begin(kVsockFlags), std::end(kVsockFlags));
  const auto shared = tools::vsock_socket_flags();
  all.insert(all.end(), shared.begin(), shared.end());
  return all;
}

Result<void> read_vsock_flags(const tools::Flags& flags, server::ServerOptions& options) {
  auto socket = tools::read_vsock_socket_flags(flags);
  if (!socket) return tl::unexpected<Error>(std::move(socket.error()));
  options.vsock_socket = *socket;
  auto cids = read_cids(flags);
  if (!cids) return tl::unexpected<Error>(std::move(cids.error()));
  options.vsock_allow_cids = std::move(*cids);
  for (const auto& flag : kVsockTimes) {
    if (auto read = read_time(flags, flag, options); !read) return read;
  }
  return {};
}

}  // namespace hawser
