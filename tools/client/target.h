// What the subcommands that take a TARGET share.
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "hawser/client/channel.h"
#include "hawser/client/compression.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr FlagSpec kTargetFlag{.name = "target",
                                      .value_name = "ADDRESS",
                                      .help = "host:port, unix:/path or vsock://cid:port",
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

/// To the argument TARGET.
Result<std::unique_ptr<client::Channel>> open_channel(const Flags& flags);

}  // namespace hawser::tools
