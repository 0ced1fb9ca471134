// Options of VSOCK sockets, in the order that the kernel wants them. Used by socket.cc alone.
// Source: include/uapi/linux/vm_sockets.h, net/vmw_vsock/af_vsock.c.
#pragma once

#include <cstdint>

#include "hawser/base/clock.h"

namespace hawser::net {

/// Before connect(2) or listen(2), whose connections inherit it. Best effort: a smaller buffer is slower.
void set_vsock_buffer(int fd, std::uint64_t bytes);
/// Before connect(2). The kernel's own timeout is 2 s, whatever the caller waits for (CONFORMANCE V-7).
void set_vsock_connect_timeout(int fd, Duration timeout);

}  // namespace hawser::net
