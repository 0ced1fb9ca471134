#include "tools/profile/driver.h"

#include <algorithm>
#include <utility>

namespace hawser::profile {

Result<std::vector<std::unique_ptr<client::Channel>>> open_channels(const DriverSetup& setup) {
  client::ChannelOptions options;
  options.tls = setup.config.tls;
  options.authority = setup.config.authority;
  options.vsock_socket = setup.config.vsock_socket;
  options.max_receive_bytes = std::max(options.max_receive_bytes, 2 * setup.work.largest_request());
  std::vector<std::unique_ptr<client::Channel>> channels;
  for (std::size_t i = 0; i < setup.connections; ++i) {
    auto channel = client::Channel::create(setup.config.target, options, setup.thread);
    if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
    channels.push_back(std::move(*channel));
  }
  return channels;
}

}  // namespace hawser::profile
