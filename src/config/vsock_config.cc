#include "src/config/vsock_config.h"

#include <utility>

#include "tools/common/vsock_flags.h"

namespace hawser {

std::vector<tools::FlagSpec> vsock_flags() {
  const auto shared = tools::vsock_socket_flags();
  return {shared.begin(), shared.end()};
}

Result<void> read_vsock_flags(const tools::Flags& flags, server::ServerOptions& options) {
  auto socket = tools::read_vsock_socket_flags(flags);
  if (!socket) return tl::unexpected<Error>(std::move(socket.error()));
  options.vsock_socket = *socket;
  return {};
}

}  // namespace hawser
