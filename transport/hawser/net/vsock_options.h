// What VSOCK sockets can be told, on both ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hawser/base/clock.h"

namespace hawser::net {

struct VsockOptions {
  /// What the kernel keeps of a connection's bytes until they are read (SO_VM_SOCKETS_BUFFER_SIZE). Its own
  /// 256 KiB hold so few small packets in newer kernels that a peer which is busy for a moment loses the
  /// connection (CONFORMANCE V-9, V-11). 0: the kernel's.
  std::uint64_t buffer_bytes = std::uint64_t{1024} * 1024;
  /// Most bytes of one send(2). Guests with newer kernels put more into packets that several virtual machine
  /// monitors corrupted or refused (V-10). At least 1.
  std::size_t send_bytes = std::size_t{32} * 1024;
  /// Hybrid VSOCK: how long the monitor may take to answer CONNECT (V-17), within what connecting may take.
  Duration hybrid_timeout = std::chrono::seconds(5);
};

}  // namespace hawser::net
