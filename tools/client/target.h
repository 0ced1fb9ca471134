// What the subcommands that take a TARGET share.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/client/channel.h"
#include "hawser/client/compression.h"
#include "hawser/tls/tls_context.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr FlagSpec kTargetFlag{.name = "target",
                                      .value_name = "ADDRESS",
                                      .help = "host:port, unix:/path, vsock://cid:port or hvsock:/path:port",
                                      .fallback = "127.0.0.1:50051",
                                      .environment = "SERVER_ADDR"};
inline constexpr FlagSpec kTimeoutFlag{.name = "timeout",
                                       .value_name = "MS",
                                       .help = "Deadline in milliseconds, or with a unit: 2s",
                                       .fallback = "10s"};
inline constexpr FlagSpec kAuthorityFlag{
    .name = "authority", .value_name = "NAME", .help = "The :authority to send, instead of the target's"};

inline constexpr FlagSpec kCompressionFlag{.name = "compression",
                                           .value_name = "NAME",
                                           .help = "Compress requests: gzip, deflate or identity",
                                           .fallback = "identity"};

/// A channel, and what it needs for as long as it lives.
class TargetChannel final {
 public:
  TargetChannel(std::unique_ptr<tls::TlsContext> tls, std::unique_ptr<client::Channel> channel)
      : tls_(std::move(tls)), channel_(std::move(channel)) {}
  client::Channel& operator*() const { return *channel_; }

 private:
  std::unique_ptr<tls::TlsContext> tls_;  // null in clear
  std::unique_ptr<client::Channel> channel_;
};

/// Those of every command, besides its own: what open_channel() reads.
std::vector<FlagSpec> channel_flags();
/// To the target that the flag or argument `name` gives, as the flags for authority and TLS say.
Result<TargetChannel> open_channel(const Flags& flags, std::string_view name);

}  // namespace hawser::tools
