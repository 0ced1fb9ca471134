#include "tools/client/target.h"

#include "tools/common/tls_flags.h"
#include "tools/common/vsock_flags.h"

namespace hawser::tools {

Result<TargetChannel> open_channel(const Flags& flags, std::string_view name) {
  auto tls = read_client_tls(flags);
  if (!tls) return tl::unexpected<Error>(std::move(tls.error()));
  const auto vsock = read_vsock_socket_flags(flags);
  if (!vsock) return tl::unexpected<Error>(vsock.error());
  client::ChannelOptions options;
  options.vsock_socket = *vsock;
  options.authority = flags.text("authority");
  options.tls = tls->get();
  auto channel = client::Channel::create(flags.text(name), std::move(options));
  if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
  return TargetChannel(std::move(*tls), std::move(*channel));
}

std::vector<FlagSpec> channel_flags() {
  std::vector<FlagSpec> all;
  for (const std::span<const FlagSpec> group : {client_tls_flags(), vsock_socket_flags()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace hawser::tools
