#include "tools/client/target.h"

#include "tools/common/tls_flags.h"

namespace hawser::tools {

Result<TargetChannel> open_channel(const Flags& flags, std::string_view name) {
  auto tls = read_client_tls(flags);
  if (!tls) return tl::unexpected<Error>(std::move(tls.error()));
  client::ChannelOptions options;
  options.authority = flags.text("authority");
  options.tls = tls->get();
  auto channel = client::Channel::create(flags.text(name), std::move(options));
  if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
  return TargetChannel(std::move(*tls), std::move(*channel));
}

}  // namespace hawser::tools
