#include "tools/common/vsock_flags.h"

#include <cstdint>

namespace hawser::tools {
namespace {

constexpr std::string_view kGroup = "VSOCK";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

constexpr FlagSpec kFlags[] = {
    {.name = "vsock-buffer-size",
     .value_name = "BYTES",
     .help = "What the kernel keeps of a VSOCK connection's unread bytes; 0 leaves its own 262144",
     .fallback = "1048576",
     .group = kGroup},
    {.name = "vsock-send-size",
     .value_name = "BYTES",
     .help = "Most bytes of one write to a VSOCK; larger ones were corrupted by some monitors",
     .fallback = "32768",
     .group = kGroup},
};

}  // namespace

std::span<const FlagSpec> vsock_socket_flags() { return kFlags; }

Result<net::VsockOptions> read_vsock_socket_flags(const Flags& flags) {
  const auto buffer = flags.count("vsock-buffer-size", 0, kMostBytes);
  if (!buffer) return tl::unexpected<Error>(buffer.error());
  const auto send = flags.count("vsock-send-size", 1, kMostBytes);
  if (!send) return tl::unexpected<Error>(send.error());
  return net::VsockOptions{.buffer_bytes = *buffer, .send_bytes = static_cast<std::size_t>(*send)};
}

}  // namespace hawser::tools
