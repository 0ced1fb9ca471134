#include "tools/client/target.h"

namespace hawser::tools {

Result<std::unique_ptr<client::Channel>> open_channel(const Flags& flags) {
  client::ChannelOptions options;
  options.authority = flags.text("authority");
  return client::Channel::create(flags.text("TARGET"), std::move(options));
}

}  // namespace hawser::tools
