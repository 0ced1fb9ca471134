#include "hawser/net/vsock_socket.h"

#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>

namespace hawser::net {
namespace {

// The kernel takes 0 for its default, and refuses what its own clock can't count.
constexpr Duration kShortestTimeout = std::chrono::milliseconds(1);
constexpr Duration kLongestTimeout = std::chrono::hours(24);

void set_option(int fd, int name, std::uint64_t value) {
  static_cast<void>(::setsockopt(fd, AF_VSOCK, name, &value, sizeof value));
}

}  // namespace

void set_vsock_buffer(int fd, std::uint64_t bytes) {
  if (bytes == 0) return;
  // The size is clamped without a word to what the bounds are at that moment (CONFORMANCE V-9).
  set_option(fd, SO_VM_SOCKETS_BUFFER_MAX_SIZE, bytes);
  set_option(fd, SO_VM_SOCKETS_BUFFER_SIZE, bytes);
}

void set_vsock_connect_timeout(int fd, Duration timeout) {
  const Duration bounded = std::clamp(timeout, kShortestTimeout, kLongestTimeout);
  const auto us = std::chrono::ceil<std::chrono::microseconds>(bounded).count();
  const timeval value{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  static_cast<void>(::setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &value, sizeof value));
}

}  // namespace hawser::net
